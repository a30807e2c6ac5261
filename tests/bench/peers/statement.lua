-- Runs one statement, outside a transaction: `freight run statement.lua URL SQL`.
freight.open(arg[1]):exec(arg[2])
