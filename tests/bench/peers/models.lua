-- The models of Freight for the tables that `setup.lua` makes.
local Item = freight.model("items", {
  fields = {
    one = "int", two = "int", three = "float", four = "float",
    short = { type = "string", size = 20 }, word = { type = "string", size = 40 },
    text = { type = "string", size = 200 }, none = "string", flag = "int",
  },
})
local Parent = freight.model("parents", { name = "string" })
local Child = freight.model("children", {
  label = "string",
  parent_id = freight.foreign_key("parents"),
})
Parent:has_many(Child, { as = "children" })

return { Item = Item, Parent = Parent, Child = Child }
