//! Times: how far a timestamp may be from a clock, and the dates of HTTP.

use der::DateTime;

use crate::{
    keys::limits::FRESH_S,
    words::error::{Error, TIMESTAMP_SKEWED},
};

/// A clock that timestamps are compared with, and the remedy for a timestamp too far from it.
pub(crate) struct Clock {
    pub whose: &'static str,
    pub remedy: &'static str,
}

/// This machine's clock.
pub(crate) const LOCAL: Clock = Clock { whose: "the local clock", remedy: "check the clock" };
/// The server's clock, as the answer to a request shows it.
pub(crate) const SERVER: Clock =
    Clock { whose: "the clock of the server", remedy: "set the local clock, and sign anew" };

/// Refuses the timestamp of `what` if it is too far from a clock.
pub(crate) fn fresh(what: &str, seconds: i64, clock: &Clock, now: i64) -> Result<(), Error> {
    let apart = now.saturating_sub(seconds);
    if apart.saturating_abs() < FRESH_S {
        return Ok(());
    }
    let side = if apart < 0 { "ahead of" } else { "behind" };
    let Clock { whose, remedy } = clock;
    let unit = [(seconds, what), (now, whose)].into_iter().find(|(time, _)| in_milliseconds(*time));
    let unit =
        unit.map(|(_, what)| format!(" (the time of the {} is in milliseconds)", what.trim_start_matches("the ")));
    Err(Error::new(
        TIMESTAMP_SKEWED,
        format!(
            "the {what} is stamped {}, {} seconds {side} {whose}, {}{}; less than {FRESH_S} are allowed: {remedy}",
            shown(seconds),
            apart.unsigned_abs(),
            shown(now),
            unit.unwrap_or_default(),
        ),
    ))
}

/// The most milliseconds that the timers of all hosts can count.
pub(crate) const LONGEST_TIMER_MS: u64 = i32::MAX as u64;

/// Is it meant in milliseconds? Read as seconds it would lie thousands of years from now.
pub(crate) fn in_milliseconds(seconds: i64) -> bool {
    seconds >= 100_000_000_000
}

/// Shows Unix seconds with the time in UTC.
fn shown(seconds: i64) -> String {
    match u64::try_from(seconds).map(|seconds| DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))) {
        Ok(Ok(at)) => format!("{seconds} ({at})"),
        _ => seconds.to_string(),
    }
}

/// Reads an HTTP date in the one form that is still written, such as `Sun, 06 Nov 1994 08:49:37 GMT`, as Unix seconds.
pub(crate) fn http_date(text: &str) -> Option<i64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, date) = text.trim().split_once(", ")?;
    let [day, month, year, time, "GMT"] = date.split(' ').collect::<Vec<_>>()[..] else { return None };
    let month = MONTHS.find(month).filter(|at| at % 3 == 0 && month.len() == 3)? / 3 + 1;
    moment(year, u8::try_from(month).ok()?, day, time)
}

/// Unix seconds; the time is in UTC, as `08:49:37`.
fn moment(year: &str, month: u8, day: &str, time: &str) -> Option<i64> {
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
    // A leap second counts as the second before it.
    let second = second.parse::<u8>().ok()?.min(59);
    let year = year.parse().ok()?;
    let date = DateTime::new(year, month, day.parse().ok()?, hour.parse().ok()?, minute.parse().ok()?, second);
    i64::try_from(date.ok()?.unix_duration().as_secs()).ok()
}

/// Reads a time of RFC 3339, such as `2015-10-28T15:00:00+08:00`, as Unix seconds.
pub(crate) fn rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once('T')?;
    let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { return None };
    let (time, zone) = time.split_at(time.find(['+', '-', 'Z'])?);
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let minutes = match zone.strip_prefix(['+', '-']) {
        Some(zone) => {
            let (hours, minutes) = zone.split_once(':')?;
            hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(minutes.parse().ok()?)?
        }
        None => 0,
    };
    let ahead = minutes.checked_mul(60)?;
    moment(year, month.parse().ok()?, day, time)?.checked_add(if zone.starts_with('-') { ahead } else { -ahead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date(" Thu, 01 Jan 2026 00:00:00 GMT "), Some(1_767_225_600));
        assert_eq!(http_date("Fri, 31 Dec 2027 23:59:60 GMT"), Some(1_830_297_599));
        for wrong in [
            "",
            "60",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 CST",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06  1994 08:49:37 GMT",
        ] {
            assert_eq!(http_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_with_their_zone() {
        for same in ["2015-10-28T15:00:00+08:00", "2015-10-28T07:00:00Z", "2015-10-28T06:30:00.25-00:30"] {
            assert_eq!(rfc3339(same), Some(1_446_015_600), "{same}");
        }
        for wrong in ["", "2015-10-28", "2015-10-28T15:00:00", "2015-10-28T15:00:00+0800", "2015-02-30T15:00:00Z", "T+"]
        {
            assert_eq!(rfc3339(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn both_times_and_the_difference_are_named() {
        let told = |seconds, now| fresh("request", seconds, &SERVER, now).expect_err("it is skewed").message.clone();
        let late = told(1_767_225_600, 1_767_254_400);
        for part in ["1767225600 (2026-01-01T00:00:00Z)", "1767254400", "28800 seconds behind the clock of the server"]
        {
            assert!(late.contains(part), "{late}");
        }
        assert!(told(1_767_225_600_000, 1_767_225_600).contains("the time of the request is in milliseconds"));
        assert!(
            told(1_767_225_600, 1_767_225_600_000).contains("the time of the clock of the server is in milliseconds")
        );
        assert!(fresh("request", 1, &LOCAL, 300).is_ok());
    }
}
