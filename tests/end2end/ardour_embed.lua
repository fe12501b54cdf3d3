-- Makes a session with two tracks: "film", with a region of SECONDS that was recorded from silence, and "print".
-- SESSION: a folder that is not there yet. Prints one word a step.
local seconds = tonumber(os.getenv("SECONDS"))

local function pause(s) ARDOUR.LuaAPI.usleep(s * 1000000) end

AudioEngine:set_backend("JACK", "onetake-test", "")
local session = create_session(os.getenv("SESSION"), "take", 48000)
assert(session, "no session")
local order, mode = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
local film = session:new_audio_track(1, 1, nil, 1, "film", order, mode, true):front()
session:new_audio_track(1, 1, nil, 1, "print", order, mode, true)
film:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:maybe_enable_record(false)
pause(0.2)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
pause(seconds)
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
for _ = 1, 250 do
  if film:playlist():region_list():size() > 0 then break end
  pause(0.02)
end
film:rec_enable_control():set_value(0, PBD.GroupControlDisposition.NoGroup)
pause(0.2)
session:save_state("", false, false, false, false, false)
print("regions " .. film:playlist():region_list():size())
close_session()
quit()
