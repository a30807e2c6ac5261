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

-- What `write` takes; a wrong value is told with the line of the script.
local function check_texts(...)
  for place = 1, select("#", ...) do
    local kind = type((select(place, ...)))
    if kind ~= "string" and kind ~= "number" then
      error(("bad argument #%d to 'write' (string expected, got %s)"):format(place, kind), 3)
    end
  end
end

-- Has a function called before something is printed.
local function tell_of_prints(printing)
  local stdout, files = io.stdout, getmetatable(io.stdout).__index
  local write, flush, print_all = files.write, files.flush, print

  local function tell(file)
    if file == stdout then
      printing()
    end
  end

  function files.write(file, ...)
    check_texts(...)
    tell(file)
    return write(file, ...)
  end
  function files.flush(file)
    tell(file)
    return flush(file)
  end
  function io.write(...)
    check_texts(...)
    tell(io.output())
    return write(io.output(), ...)
  end
  function io.flush()
    return files.flush(io.output())
  end
  function print(...)
    printing()
    return print_all(...)
  end
end

-- Returns nothing, or what went wrong.
local function run(text, name, printing, ...)
  if printing then
    tell_of_prints(printing)
  end
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
