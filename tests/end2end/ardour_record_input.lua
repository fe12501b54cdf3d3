-- Records an input of the system on a new stereo track. SESSION: a folder that is not there yet; LEFT, RIGHT: ports;
-- SECONDS: how long. Prints one word a step, so that a test can say how far it came.
local seconds = tonumber(os.getenv("SECONDS"))

local function pause(s) ARDOUR.LuaAPI.usleep(s * 1000000) end

local function connected(io)
  for _ = 1, 250 do
    if io:audio(0):connect(os.getenv("LEFT")) == 0 and io:audio(1):connect(os.getenv("RIGHT")) == 0 then return true end
    pause(0.02)
  end
  return false
end

AudioEngine:set_backend("JACK", "onetake-test", "")
local session = create_session(os.getenv("SESSION"), "take", 48000)
assert(session, "no session")
local order, mode = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
local track = session:new_audio_track(2, 2, nil, 1, "onetake", order, mode, true):front()
track:input():disconnect_all(nil)
assert(connected(track:input()), "no such ports")
print("connected")

track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:maybe_enable_record(false)
pause(0.2)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
pause(seconds)
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
for _ = 1, 250 do
  if track:playlist():region_list():size() > 0 then break end
  pause(0.02)
end
session:save_state("", false, false, false, false, false)
print("regions " .. track:playlist():region_list():size())
close_session()
quit()
