-- Opens the session again and records what the track "film" plays onto the track "print", for SECONDS from its begin.
-- SESSION: its folder. Prints one word a step.
local seconds = tonumber(os.getenv("SECONDS"))

local function pause(s) ARDOUR.LuaAPI.usleep(s * 1000000) end

AudioEngine:set_backend("JACK", "onetake-test", "")
local session = load_session(os.getenv("SESSION"), "take")
assert(session, "no session")
local film = session:route_by_name("film"):to_track()
local print_track = session:route_by_name("print"):to_track()
print("embedded " .. film:playlist():region_list():size())
film:output():disconnect_all(nil)
print_track:input():disconnect_all(nil)
assert(print_track:input():audio(0):connect(film:output():audio(0):name()) == 0, "no such port")
film:rec_enable_control():set_value(0, PBD.GroupControlDisposition.NoGroup)
print_track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:goto_start(false)
session:maybe_enable_record(false)
pause(0.3)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
pause(seconds)
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
for _ = 1, 250 do
  if print_track:playlist():region_list():size() > 0 then break end
  pause(0.02)
end
session:save_state("printed", false, false, false, false, false) -- beside the session, which stays as it is
print("printed " .. print_track:playlist():region_list():size())
close_session()
quit()
