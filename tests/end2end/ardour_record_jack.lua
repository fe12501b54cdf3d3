-- Records a JACK client's audio and its MIDI, each on a new track. SESSION: a folder that is not there yet; LEFT, RIGHT,
-- MIDI: ports; SECONDS: how long; GO: a file that is written when recording begins. Prints one word a step.
local seconds = tonumber(os.getenv("SECONDS"))

local function pause(s) ARDOUR.LuaAPI.usleep(s * 1000000) end

local function connected(port, name)
  for _ = 1, 250 do
    if port:connect(os.getenv(name)) == 0 then return true end
    pause(0.02)
  end
  return false
end

local function arm(track) track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup) end

AudioEngine:set_backend("JACK", "onetake-test", "")
local session = create_session(os.getenv("SESSION"), "take", 48000)
assert(session, "no session")
local order, mode = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
local audio = session:new_audio_track(2, 2, nil, 1, "sound", order, mode, true):front()
local one, two = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1), ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2)
local midi = session:new_midi_track(one, two, true, ARDOUR.PluginInfo(), nil, nil, 1, "notes", order, mode, true):front()
audio:input():disconnect_all(nil)
midi:input():disconnect_all(nil)
assert(connected(audio:input():audio(0), "LEFT") and connected(audio:input():audio(1), "RIGHT"), "no audio ports")
assert(connected(midi:input():midi(0), "MIDI"), "no MIDI port")
arm(audio)
arm(midi)
session:maybe_enable_record(false)
pause(0.2)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
pause(0.3)
io.open(os.getenv("GO"), "w"):close()
pause(seconds)
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
for _ = 1, 250 do
  if audio:playlist():region_list():size() > 0 and midi:playlist():region_list():size() > 0 then break end
  pause(0.02)
end
pause(0.5)
session:save_state("", false, false, false, false, false)
print("regions " .. audio:playlist():region_list():size() .. " " .. midi:playlist():region_list():size())
close_session()
quit()
