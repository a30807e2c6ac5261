-- Runs a script, and describes what went wrong.
-- The message of an error, and the lines of the script that led there.
local function described(err)
  local lines = {}
  for line in debug.traceback("", 2):gmatch("[^\n]+") do
    local is_own = line:find("freight%.?%a*:") or line:find("[C]", 1, true)
    if not is_own and not line:find("stack traceback:", 1, true) then
      lines[#lines + 1] = line
    end
  end
  local message = tostring(err)
  if type(err) == "table" and err.hint then
    message = message .. "\nhint: " .. err.hint
  end
  if #lines > 0 then
    message = message .. "\n" .. table.concat(lines, "\n")
  end
  return message
end

-- Returns nothing, or what went wrong.
local function run(text, name, ...)
  -- `print` writes at once, but `io.write` by blocks where stdout is a pipe or a file: a log would
  -- show nothing for hours, and what was written last would be lost with an interrupted process.
  io.stdout:setvbuf("line")
  local chunk, problem = load(text, name)
  if not chunk then
    return problem
  end
  local ok, failure = xpcall(chunk, described, ...)
  if not ok then
    return failure
  end
  return nil
end

return run, described
