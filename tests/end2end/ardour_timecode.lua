-- Opens the session and lays the region of its track "film" where the file that it reads says it lies, as Ardour's
-- import "at the file's timecode" does. SESSION: its folder. Prints where, in samples, and how long the region is.
AudioEngine:set_backend("JACK", "onetake-test", "")
local session = load_session(os.getenv("SESSION"), "take")
assert(session, "no session")
for region in session:route_by_name("film"):to_track():playlist():region_list():iter() do
  region:set_position(region:source(0):natural_position())
  print("natural " .. region:position():samples() .. " of " .. region:length():samples() .. " end")
end
close_session()
quit()
