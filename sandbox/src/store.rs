//! Stores declarations in a file, so that they outlive the process.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, Error as SqlError, ErrorCode, OptionalExtension, params};

use crate::{
    Error,
    clock::{FARTHEST_S, FASTEST, Lead, wall_ms},
    records::Record,
};

/// "WXCS", which marks the file as the sandbox's.
const APPLICATION: i64 = 0x5758_4353;
/// The version of the tables.
const VERSION: i64 = 1;
/// The longest that a sandbox that is about to end may still hold the file.
const PATIENCE: Duration = Duration::from_secs(1);

/// An open state file; nobody else can open it meanwhile.
pub(crate) struct Store(Connection);

/// The content of a state file.
pub(crate) struct Kept {
    pub records: Vec<Record>,
    /// How far the sandbox clock is ahead.
    pub lead: Lead,
}

impl Store {
    /// Opens a file for a sandbox whose clock has this speed, or creates it.
    pub(crate) fn open(path: &Path, appid: &str, mchid: &str, speed: u32) -> Result<(Store, Kept), Error> {
        let refused = |why: &str| Error(format!("the state file {} cannot be used: {why}", path.display()));
        let sql = |error: SqlError| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error(format!("another sandbox has this file open: {}; stop it, or name another file", path.display()))
            }
            _ => refused(&error.to_string()),
        };
        let connection = Connection::open(path).map_err(sql)?;
        connection.busy_timeout(PATIENCE).map_err(sql)?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(sql);
        // The lock is taken by the first reading, and kept.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(sql)?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sql)?;
        if tables > 0 && number("application_id")? != APPLICATION {
            return Err(refused("it is a database of another program"));
        }
        if tables > 0 && number("user_version")? != VERSION {
            return Err(refused("it is of another version of the sandbox"));
        }
        // WAL and FULL: an answer is sent only when what it says is on the disk.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        if tables == 0 {
            connection
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE;
                     CREATE TABLE records (place INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
                     CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                     PRAGMA application_id = {APPLICATION};
                     PRAGMA user_version = {VERSION};
                     COMMIT;"
                ))
                .map_err(sql)?;
        }
        let store = Store(connection);
        for (name, ours) in [("appid", appid), ("mchid", mchid)] {
            match store.fact(name).map_err(sql)? {
                None => store.set_fact(name, ours).map_err(sql)?,
                Some(kept) if kept == ours => {}
                Some(kept) => return Err(refused(&format!("its {name} is {kept}, not {ours}"))),
            }
        }
        let fact = |name, unless_kept, least, most, why| match store.fact(name).map_err(sql)? {
            None => Ok(unless_kept),
            Some(text) => text.parse().ok().filter(|kept| (least..=most).contains(kept)).ok_or_else(|| refused(why)),
        };
        let seconds = "its clock is not a number of seconds within a hundred years";
        let lead = Lead {
            ahead_s: fact("ahead_s", 0, 0, FARTHEST_S, seconds)?,
            since_ms: fact("since_ms", wall_ms(), 0, i64::MAX, "its clock runs since a time that is not a number")?,
        };
        let kept = fact("speed", 1, 1, i64::from(FASTEST), "its clock has a speed that there is not")?;
        // As if it had run on meanwhile.
        let lead = lead.renewed(u32::try_from(kept).unwrap_or(1));
        let records = store.records().map_err(sql)?;
        let records = records
            .iter()
            .map(|text| serde_json::from_str(text))
            .collect::<Result<_, _>>()
            .map_err(|error| refused(&format!("a record in it cannot be read: {error}")))?;
        store.set_clock(speed, lead).map_err(|why| refused(&why))?;
        Ok((store, Kept { records, lead }))
    }

    fn records(&self) -> Result<Vec<String>, SqlError> {
        let mut statement = self.0.prepare("SELECT record FROM records ORDER BY place")?;
        statement.query_map([], |row| row.get(0))?.collect()
    }

    fn fact(&self, name: &str) -> Result<Option<String>, SqlError> {
        self.0.query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0)).optional()
    }

    fn set_fact(&self, name: &str, value: &str) -> Result<(), SqlError> {
        self.0.execute("INSERT OR REPLACE INTO facts VALUES (?1, ?2)", [name, value]).map(drop)
    }

    /// Forgets every record, and saves the sandbox clock, both or neither.
    pub(crate) fn reset(&self, speed: u32, lead: Lead) -> Result<(), String> {
        let reset = || {
            let changes = self.0.unchecked_transaction()?;
            changes.execute("DELETE FROM records", [])?;
            self.write_clock(speed, lead)?;
            changes.commit()
        };
        reset().map_err(|error: SqlError| error.to_string())
    }

    /// Saves the sandbox clock.
    pub(crate) fn set_clock(&self, speed: u32, lead: Lead) -> Result<(), String> {
        self.write_clock(speed, lead).map_err(|error| error.to_string())
    }

    fn write_clock(&self, speed: u32, lead: Lead) -> Result<(), SqlError> {
        let facts = "INSERT OR REPLACE INTO facts VALUES ('ahead_s', ?1), ('since_ms', ?2), ('speed', ?3)";
        let values = [lead.ahead_s, lead.since_ms, i64::from(speed)].map(|value| value.to_string());
        self.0.execute(facts, values).map(drop)
    }

    /// Saves a record under its place, replacing what was there.
    pub(crate) fn save(&self, place: usize, record: &Record) -> Result<(), String> {
        let text = serde_json::to_string(record).map_err(|error| error.to_string())?;
        let place = i64::try_from(place).map_err(|error| error.to_string())?;
        self.0
            .prepare_cached("INSERT OR REPLACE INTO records VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![place, text]))
            .map(drop)
            .map_err(|error| error.to_string())
    }
}
