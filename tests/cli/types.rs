//! `freight types`: what editors are told of models.

use crate::project::{Project, Run};

const POSTS: &str = "\
local freight = require(\"freight\")
local Post = freight.model(\"posts\", {
  fields = {
    title = freight.string(80, { required = true, comment = \"What stands on top.\" }),
    state = freight.enum({ \"draft\", \"live\" }, { default = \"draft\", required = true }),
    slug = freight.string({ required = true, default = function(post) return post.title:lower() end }),
    price = freight.decimal(9, 2),
    seen_at = freight.datetime({ as = \"epoch\" }),
    user_id = freight.foreign_key(\"users\", { required = true }),
    [\"a-b\"] = freight.boolean(),
  },
  scopes = { live = function(query) return query:where({ state = \"live\" }) end },
})
Post:belongs_to(\"users\")
function Post:newest() return self:order_by_desc(\"id\"):first() end
function Post.methods:url() return \"/\" .. self.slug end
";

const USERS: &str = "\
models:
  users:
    fields:
      id: { type: uuid, primary_key: true }
      name: { type: string, required: true }
      data: json
    relations:
      posts: { has_many: posts }
";

fn project() -> Project {
    Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        ("schemas/posts.lua", POSTS),
        ("schemas/users.yaml", USERS),
    ])
}

/// What is expected stands in a file; `FREIGHT_BLESS=1` writes it again.
fn is_as_it_was(name: &str, text: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/types");
    let path = folder.join(name);
    if std::env::var_os("FREIGHT_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name}");
}

#[test]
fn types_are_written_for_each_model() {
    let project = project();
    let run = project.run("types --out types");
    assert_eq!(
        run,
        Run::of(0, "", "wrote types/posts.lua\nwrote types/users.lua\n")
    );
    for name in ["posts.lua", "users.lua"] {
        is_as_it_was(name, &project.read(&format!("types/{name}")));
    }
    // What is the same is not written again.
    assert_eq!(project.run("types --out types"), Run::of(0, "", ""));
    let printed = project.run("types");
    let files = ["posts.lua", "users.lua"]
        .map(|name| format!("-- {name}\n{}\n", project.read(&format!("types/{name}"))));
    assert_eq!(printed, Run::of(0, &files.concat(), ""));
    let json = project.run("types --json").json();
    assert_eq!(json["types"][1]["file"], "users.lua");
}

#[test]
fn what_is_written_is_lua() {
    let project = project();
    assert_eq!(project.run("types --out types --quiet").status, Some(0));
    project.write(
        "load.lua",
        "for _, name in ipairs(arg) do assert(loadfile(name)) end\n",
    );
    let run = project.run("run load.lua types/posts.lua types/users.lua");
    assert_eq!(run, Run::of(0, "", ""));
}

#[test]
fn files_of_models_that_are_gone_go_and_those_of_others_stay() {
    let project = project();
    assert_eq!(project.run("types --out types --quiet").status, Some(0));
    project.write("types/mine.lua", "---@class Mine\n");
    project.write(
        "schemas/users.yaml",
        "models:\n  people:\n    fields: { name: string }\n",
    );
    project.write("schemas/posts.lua", "");
    let run = project.run("types --out types");
    assert_eq!(
        run,
        Run::of(
            0,
            "",
            "wrote types/people.lua\nremoved types/posts.lua\nremoved types/users.lua\n"
        )
    );
    assert!(project.has("types/mine.lua") && !project.has("types/posts.lua"));
    project.write("types/people.lua", "-- mine\n");
    let run = project.run("types --out types");
    assert_eq!(
        run,
        Run::of(
            1,
            "",
            "error[FR0605]: `types/people.lua` was not written by `freight types`\n\
             hint: choose another folder with `--out`, or move the file away\n"
        )
    );
    assert_eq!(project.read("types/people.lua"), "-- mine\n");
}
