#!/bin/sh
# Builds the module for the Lua of LuaRocks, and puts it where LuaRocks says.
#
#   rock.sh build LUA        LUA is the interpreter; 5.4 and LuaJIT are known
#   rock.sh install FOLDER
set -eu
cd "$(dirname "$0")/.."

library() { # where cargo leaves it
  for name in libfreight_module.so libfreight_module.dylib; do
    file=${CARGO_TARGET_DIR:-target}/release/$name
    if [ -f "$file" ]; then
      echo "$file"
      return
    fi
  done
  echo 'rock.sh: the module is not built: run `rock.sh build LUA`' >&2
  exit 1
}

case ${1-} in
  build)
    feature=$("$2" -e 'print(jit and "luajit" or _VERSION == "Lua 5.4" and "lua54" or _VERSION)')
    case $feature in
      lua54 | luajit) ;;
      *) echo "rock.sh: Freight is for Lua 5.4 and LuaJIT, and not for $feature" >&2; exit 1 ;;
    esac
    cargo build --release --locked --package freight-module --features "$feature"
    ;;
  install)
    built=$(library)
    mkdir -p "$2"
    cp "$built" "$2/freight.so"
    # The same file: what `require "redis"` loads has to have that name.
    cp "$built" "$2/redis.so"
    ;;
  *)
    echo 'usage: rock.sh build LUA | rock.sh install FOLDER' >&2
    exit 1
    ;;
esac
