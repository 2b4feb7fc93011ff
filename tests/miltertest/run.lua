-- Runs the script named by the global `script`. miltertest keeps the text of an error to itself, so it is written here.
dofile(here .. "/steps.lua")
local good, problem = xpcall(dofile, debug.traceback, here .. "/" .. script)
if not good then
  io.stderr:write(tostring(problem), "\n")
  error(problem)
end
