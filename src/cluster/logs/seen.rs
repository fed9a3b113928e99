//! What was delivered of an instance's log, as far as the next request needs it: `sinceTime` has whole seconds on the wire,
//! so a log that goes on begins with lines that are known. They are told by their count, not by their stamps: stamps of
//! standard output and standard error may stand out of order, and several lines may share one.

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;
/// Lines may be written this much out of the order of their stamps: what follows a cut may be this much older.
const DISORDER: i64 = 100_000_000;

/// Where the known lines of one second began and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Second {
    first: i64,
    lines: u64,
}

/// What was delivered, in constant space: the last second and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    second: i64,
    now: Second,
    before: Second,
    last: i64,
    equal: u64,
    unfinished: Option<(i64, usize)>,
}

/// How a log goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// What to ask for, in unix seconds.
    pub since: i64,
    /// What will come again.
    pub overlap: Overlap,
}

impl Seen {
    /// Notes a line that was delivered whole.
    pub fn note(&mut self, stamp: i64) {
        self.unfinished = None;
        let second = stamp.div_euclid(SECOND);
        let one = Second { first: stamp, lines: 1 };
        if self.now.lines == 0 {
            (self.second, self.now, self.last, self.equal) = (second, one, stamp, 1);
            return;
        }
        match second - self.second {
            0 => self.now.lines += 1,
            1 => (self.before, self.now, self.second) = (self.now, one, second),
            2.. => (self.before, self.now, self.second) = (Second::default(), one, second),
            // Out of order: in the file it stands behind what the second before would begin with.
            -1 => match self.before.lines {
                0 => {
                    self.before = Second {
                        first: self.now.first,
                        lines: 1,
                    }
                }
                _ => self.before.lines += 1,
            },
            _ => {}
        }
        match stamp.cmp(&self.last) {
            std::cmp::Ordering::Greater => (self.last, self.equal) = (stamp, 1),
            std::cmp::Ordering::Equal => self.equal += 1,
            std::cmp::Ordering::Less => {}
        }
    }

    /// Notes so many bytes of a line that has not ended yet.
    pub fn note_piece(&mut self, stamp: i64, bytes: usize) {
        let before = match self.unfinished {
            Some((then, before)) if then == stamp => before,
            _ => 0,
        };
        self.unfinished = Some((stamp, before + bytes));
    }

    /// The newest stamp; zero when there was none.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// How many bytes are known of the line that was cut off, when it has this stamp.
    pub fn known_bytes(&self, stamp: i64) -> usize {
        self.unfinished
            .filter(|(then, _)| *then == stamp)
            .map_or(0, |(_, bytes)| bytes)
    }

    /// How to go on; None when nothing was delivered.
    pub fn resume(&self) -> Option<Resume> {
        if self.now.lines == 0 {
            let (stamp, _) = self.unfinished?;
            let overlap = Overlap::after(stamp - 1);
            return Some(Resume {
                since: stamp.div_euclid(SECOND),
                overlap,
            });
        }
        let early = self.last - self.second * SECOND < DISORDER;
        let (first, lines) = match (early, self.before.lines) {
            (true, 1..) => (self.before.first, self.before.lines + self.now.lines),
            _ => (self.now.first, self.now.lines),
        };
        let overlap = Overlap {
            first,
            left: lines,
            last: self.last,
            equal: self.equal,
            mode: Mode::Seek,
        };
        Some(Resume {
            since: self.second - i64::from(early),
            overlap,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The first known line has not come yet.
    Seek,
    /// It has: so many known lines follow.
    Count,
    /// It is gone, but others are there: stamps tell.
    Stamps,
}

/// The lines that come again when a log goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    first: i64,
    left: u64,
    last: i64,
    equal: u64,
    mode: Mode,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Known.
    Known,
    /// The last known one: what follows is new.
    LastKnown,
    /// New, and the known lines were there.
    New,
    /// New, and none of the known lines is there any more: something may be missing between.
    NewAfterGap,
}

impl Overlap {
    /// Lines up to this stamp are known, however many they are.
    fn after(last: i64) -> Overlap {
        Overlap {
            first: last,
            left: 0,
            last,
            equal: u64::MAX,
            mode: Mode::Stamps,
        }
    }

    /// Whether one of the known lines has come.
    pub fn is_met(&self) -> bool {
        self.mode != Mode::Seek
    }

    /// Takes the stamp of the next line.
    pub fn meet(&mut self, stamp: i64) -> Meeting {
        if self.mode == Mode::Seek {
            if stamp == self.first {
                self.mode = Mode::Count;
            } else if stamp > self.last {
                return Meeting::NewAfterGap;
            } else if stamp > self.first {
                self.mode = Mode::Stamps;
            } else {
                // It was there before our first line, as when only a tail was asked for.
                return Meeting::Known;
            }
        }
        if self.mode == Mode::Count {
            // Lines that were counted are newer than the last one only when the file is not what it was.
            if stamp > self.last {
                return Meeting::New;
            }
            self.left = self.left.saturating_sub(1);
            return match self.left {
                0 => Meeting::LastKnown,
                _ => Meeting::Known,
            };
        }
        match stamp.cmp(&self.last) {
            std::cmp::Ordering::Less => Meeting::Known,
            std::cmp::Ordering::Equal if self.equal > 0 => {
                self.equal -= 1;
                Meeting::Known
            }
            _ => Meeting::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stamps are seconds and thousandths: `5.010`.
    fn stamps(text: &str) -> Vec<i64> {
        let stamp = |word: &str| {
            let (seconds, thousandths) = word.split_once('.').unwrap();
            seconds.parse::<i64>().unwrap() * SECOND + thousandths.parse::<i64>().unwrap() * 1_000_000
        };
        text.split_whitespace().map(stamp).collect()
    }

    /// Reads the file as a server does after `since`, and says which of its lines are taken as new.
    fn taken(file: &[i64], resume: Resume) -> (Vec<i64>, bool) {
        let (mut overlap, mut over, mut gap, mut new) = (Some(resume.overlap), false, false, Vec::new());
        for stamp in file.iter().filter(|stamp| **stamp >= resume.since * SECOND) {
            if let (Some(open), false) = (&mut overlap, over) {
                match open.meet(*stamp) {
                    Meeting::Known => continue,
                    Meeting::LastKnown => {
                        over = true;
                        continue;
                    }
                    Meeting::New => over = true,
                    Meeting::NewAfterGap => (over, gap) = (true, true),
                }
            }
            new.push(*stamp);
        }
        (new, gap)
    }

    #[test]
    fn every_cut_of_a_file_goes_on_with_what_follows() {
        for file in [
            "1.000 1.000 1.000 2.500 2.500 2.700 3.000 3.001 3.001 9.999",
            // Standard error is a little late, also over the turn of a second, and both write at once.
            "1.500 1.499 1.501 2.010 1.995 2.010 2.009 2.011 3.050 2.960 3.050 3.049 7.001 6.999 7.002",
            "5.100",
            "5.050 5.050 5.050 5.050 6.099 6.000",
        ] {
            let file = stamps(file);
            // A tail that begins in the middle of a disorder, or of lines of one stamp, and is cut off right there, is not
            // told from one that begins beside it.
            let begins = (0..file.len()).filter(|at| file[..*at].iter().all(|before| *before < file[*at]));
            for begin in begins {
                for cut in begin + 1..=file.len() {
                    let mut seen = Seen::default();
                    file[begin..cut].iter().for_each(|stamp| seen.note(*stamp));
                    let (new, gap) = taken(&file, seen.resume().unwrap());
                    // What stands behind the beginning with a stamp before it is beyond any memory.
                    assert_eq!(
                        (new.as_slice(), gap),
                        (&file[cut..], false),
                        "{begin}..{cut} of {file:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn files_that_are_not_what_they_were() {
        for (delivered, file, new, gap) in [
            // Rotated away: nothing known is left.
            ("4.100 4.200 5.300", "5.400 6.000", "5.400 6.000", true),
            ("4.100 5.300", "9.000", "9.000", true),
            // Rotated in the middle of what is known.
            ("5.100 5.200 5.300", "5.200 5.300 5.400", "5.400", false),
            ("5.100 5.300 5.300", "5.300 5.300 5.300", "5.300", false),
            // Fewer than were counted.
            ("5.100 5.200 5.300", "5.100 5.400", "5.400", false),
            // Nothing new.
            ("5.100 5.200", "5.100 5.200", "", false),
            ("5.100 5.200", "", "", false),
        ] {
            let mut seen = Seen::default();
            stamps(delivered).into_iter().for_each(|stamp| seen.note(stamp));
            let found = taken(&stamps(file), seen.resume().unwrap());
            assert_eq!(found, (stamps(new), gap), "{delivered} then {file}");
        }
    }

    #[test]
    fn a_line_that_was_cut_off_goes_on() {
        let mut seen = Seen::default();
        assert_eq!(seen.resume(), None);
        let [first, long] = stamps("5.100 5.200")[..] else {
            unreachable!()
        };
        // It is the first of all.
        seen.note_piece(long, 10);
        seen.note_piece(long, 20);
        let (new, gap) = taken(&[first, long], seen.resume().unwrap());
        assert_eq!((new, gap, seen.known_bytes(long)), (vec![long], false, 30));
        assert_eq!(seen.known_bytes(first), 0);
        // It follows another.
        let mut seen = Seen::default();
        seen.note(first);
        seen.note_piece(long, 7);
        let (new, gap) = taken(&[first, long], seen.resume().unwrap());
        assert_eq!((new, gap, seen.known_bytes(long)), (vec![long], false, 7));
        seen.note(long);
        assert_eq!(seen.known_bytes(long), 0);
    }
}
