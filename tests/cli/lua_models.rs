//! Models in Lua, as the commands about schemas take them.

use crate::project::{Project, Run};

const MODELS: &str = "\
local freight = require(\"freight\")
local short = require(\"lengths\").short

local User = freight.model(\"users\", {
  fields = {
    name = freight.string(short, { required = true }),
    mail = freight.string({ unique = true }),
  },
})

freight.model(\"posts\", {
  title = freight.text({ required = true }),
  user_id = freight.foreign_key(\"users\", { onDelete = \"CASCADE\" }),
}, { softDelete = true })

function User:newest()
  return self:order_by_desc(\"id\"):first()
end

return User
";

const SQL: &str = "\
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(20) NOT NULL,
  mail VARCHAR(255),
  CONSTRAINT users_mail_key UNIQUE (mail)
);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  user_id INTEGER,
  deleted_at DATETIME_TEXT,
  CONSTRAINT posts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX posts_user_id_idx ON posts (user_id);
";

fn project() -> Project {
    Project::with(&[
        (
            "freight.yaml",
            "database: sqlite:app.db\nmodels: app/models.lua\n",
        ),
        ("app/models.lua", MODELS),
        ("app/lengths.lua", "return { short = 20 }\n"),
    ])
}

#[test]
fn every_command_takes_models_in_lua() {
    let project = project();
    assert_eq!(project.run("generate"), Run::of(0, SQL, ""));
    let run = project.run("diff --from empty --to app/models.lua --dialect sqlite");
    assert_eq!(run, Run::of(0, SQL, ""));
    assert_eq!(project.run("migrate diff first --quiet").status, Some(0));
    let run = project.run("migrate --quiet");
    assert_eq!(run, Run::of(0, "", ""), "{run:?}");
    assert_eq!(
        project.run("diff --check"),
        Run::of(0, "", "no difference\n")
    );
    let changed = MODELS.replace("require(\"lengths\").short", "30");
    project.write("app/models.lua", &changed);
    assert_eq!(project.run("diff --check --quiet").status, Some(2));
    assert_eq!(project.run("apply --yes --quiet").status, Some(0));
    assert_eq!(project.run("diff --check").status, Some(0));
    let lua = project.run("introspect --format lua").stdout;
    assert!(
        lua.contains("name = freight.string(30, { required = true })"),
        "{lua}"
    );
    project.write("read.lua", &lua);
    assert_eq!(project.run("diff --check --to read.lua").status, Some(0));
}

#[test]
fn a_folder_holds_lua_beside_yaml() {
    let project = Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        (
            "schemas/a.lua",
            "local freight = require('freight')\nrequire('b')\n\
             freight.model('tags', { fields = { mood = freight.field('mood'), user_id = freight.foreign_key('users') } })\n",
        ),
        (
            "schemas/b.lua",
            "freight.model('bs', { name = 'text' })\nreturn 1\n",
        ),
        (
            "schemas/more/b.lua",
            "freight.model('deeper', { fields = { b_id = freight.foreign_key('bs') } })\n",
        ),
        (
            "schemas/users.yaml",
            "models:\n  users:\n    fields: { name: string, tag_id: { references: tags } }\nenums: { mood: [ok, sad] }\n",
        ),
    ]);
    let run = project.run("generate --dialect sqlite");
    assert_eq!((run.status, &*run.stderr), (Some(0), ""));
    let made: Vec<&str> = (run.stdout.lines())
        .filter_map(|line| line.strip_prefix("CREATE TABLE ")?.strip_suffix(" ("))
        .collect();
    assert_eq!(made.len(), 4, "{made:?}");
    assert!(
        run.stdout.contains("mood TEXT") && run.stdout.contains("'sad'"),
        "{}",
        run.stdout
    );
    assert_eq!(
        project
            .run("diff --from empty --to schemas --dialect sqlite")
            .stdout,
        run.stdout
    );
}

#[test]
fn an_error_names_the_file_and_the_line_of_the_script() {
    let head = "local freight = require(\"freight\")\n\n";
    let cases = [
        (
            "freight.model(\"users\", { fields = {\n  name = freight.string({ requird = true }),\n} })\n",
            "error[FR0703]: `requird` is no option of field `name` of model `users`\n --> models.lua:3\nhint: did you mean `required`?\n",
        ),
        (
            "freight.model(\"users\", { fields = { name = \"text\" }, softDelet = true })\n",
            "error[FR0703]: `softDelet` is no option of model `users`\n --> models.lua:3\nhint: did you mean `soft_delete`?\n",
        ),
        (
            "freight.model(\"users\", { fields = { name = \"text\" }, indexes = { { \"name\", nullsNotDistint = true } } })\n",
            "error[FR0703]: `nullsNotDistint` is no option of `1` of `indexes` of model `users`\n --> models.lua:3\nhint: did you mean `nulls_not_distinct`?\n",
        ),
        (
            "freight.model(\"users\", { fields = {\n  a = \"text\",\n  kind = freight.field({ type = \"txt\" }),\n} })\n",
            "error[FR0702]: `models.users.fields.kind`: `txt` is no type\n --> models.lua:5\nhint: did you mean `text`?\n",
        ),
        (
            "freight.model(\"users\", { fields = {\n  ship_id = freight.foreign_key(\"shps\"),\n} })\nfreight.model(\"ships\", { name = \"text\" })\n",
            "error[FR0704]: `models.users.fields.ship_id`: no model is called `shps`\n --> models.lua:4\nhint: did you mean `ships`?\n",
        ),
        (
            "freight.model(\"users\", { name = \"text\" })\n\nfreight.model(\"users\", { mail = \"text\" })\n",
            "error[FR0705]: `models.users` is declared twice; the other one is at models.lua:3\n --> models.lua:5\n",
        ),
        (
            "local size = nothing.size\n",
            "error[FR0901]: attempt to index a nil value (global 'nothing')\n --> models.lua:3\n",
        ),
        (
            "freight.model(\"users\", {\n",
            "error[FR0701]: unexpected symbol near <eof>\n --> models.lua:4\n",
        ),
        (
            "local db = freight.db()\n",
            "error[FR0702]: `freight.db()` has no database: the script is read for its models only\n --> models.lua:3\n\
             hint: define models with `freight.model`, and open the database in the program that uses them\n",
        ),
        (
            "local db = sqlite.open(\"other.db\")\n",
            "error[FR0702]: `sqlite.open` has no database: the script is read for its models only\n --> models.lua:3\n\
             hint: define models with `freight.model`, and open the database in the program that uses them\n",
        ),
        (
            "error({})\n",
            "error[FR0901]: the script raised a table\n --> models.lua:3\n",
        ),
    ];
    for (text, stderr) in cases {
        let project = Project::with(&[("models.lua", &format!("{head}{text}"))]);
        let run = project.run("generate --schema models.lua --dialect sqlite");
        assert_eq!(run, Run::of(1, "", stderr), "{text}");
        assert!(!project.has("other.db"));
    }
}

#[test]
fn what_introspection_writes_is_read_whatever_names_there_are() {
    let project = Project::with(&[(
        "schema.sql",
        "CREATE TABLE locks (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);\n\
         CREATE TABLE saves (\n\
           id INTEGER PRIMARY KEY AUTOINCREMENT, lock_id INTEGER REFERENCES locks(id),\n\
           get_id INTEGER REFERENCES locks(id), \"where\" TEXT, \"a \"\"b\"\"\" TEXT\n\
         );\n\
         CREATE TABLE \"fields\" (id INTEGER PRIMARY KEY, type TEXT, \"end\" TEXT, fields TEXT);\n\
         CREATE TABLE \"alone\" (id INTEGER PRIMARY KEY AUTOINCREMENT);\n",
    )]);
    let run = project.run("apply --url sqlite:a.db --to schema.sql --yes --quiet");
    assert_eq!(run.status, Some(0), "{run:?}");
    let lua = project.run("introspect --url sqlite:a.db --format lua");
    assert_eq!((lua.status, &*lua.stderr), (Some(0), ""));
    project.write("read.lua", &lua.stdout);
    let run = project.run("diff --check --from sqlite:a.db --to read.lua");
    assert_eq!(run, Run::of(0, "", "no difference\n"), "{}", lua.stdout);
}
