//! Colours as numbers: reading them, how bright they are, how far apart, and the nearest one that a terminal has.

use ratatui::style::Color;

/// Red, green and blue, 0 to 255.
pub type Rgb = [u8; 3];

/// The sixteen colours of a terminal, as xterm ships them. Users change them, so this is only what can be assumed.
const ANSI: [(Color, &str, Rgb); 16] = [
    (Color::Black, "black", [0, 0, 0]),
    (Color::Red, "red", [205, 0, 0]),
    (Color::Green, "green", [0, 205, 0]),
    (Color::Yellow, "yellow", [205, 205, 0]),
    (Color::Blue, "blue", [0, 0, 238]),
    (Color::Magenta, "magenta", [205, 0, 205]),
    (Color::Cyan, "cyan", [0, 205, 205]),
    (Color::Gray, "gray", [229, 229, 229]),
    (Color::DarkGray, "dark-gray", [127, 127, 127]),
    (Color::LightRed, "light-red", [255, 0, 0]),
    (Color::LightGreen, "light-green", [0, 255, 0]),
    (Color::LightYellow, "light-yellow", [255, 255, 0]),
    (Color::LightBlue, "light-blue", [92, 92, 255]),
    (Color::LightMagenta, "light-magenta", [255, 0, 255]),
    (Color::LightCyan, "light-cyan", [0, 255, 255]),
    (Color::White, "white", [255, 255, 255]),
];

/// The steps of the 6×6×6 cube in the 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The names of the sixteen colours, for suggestions.
pub fn names<'a>() -> impl Iterator<Item = &'a str> + Clone {
    ANSI.iter().map(|(_, name, _)| *name)
}

/// Reads `#rgb`, `#rrggbb`, one of the sixteen names, a number from 0 to 255, or `default` for the terminal's own.
pub fn parse(text: &str) -> Option<Color> {
    if let Some(digits) = text.strip_prefix('#') {
        return parse_hex(digits);
    }
    if text == "default" {
        return Some(Color::Reset);
    }
    let named = ANSI
        .iter()
        .find(|(_, name, _)| *name == text)
        .map(|(colour, _, _)| *colour);
    named.or_else(|| text.parse().ok().map(Color::Indexed))
}

fn parse_hex(digits: &str) -> Option<Color> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let channel = |shift: u32, mask: u32| (value >> shift & mask) as u8;
    match digits.len() {
        3 => Some(Color::Rgb(
            channel(8, 15) * 17,
            channel(4, 15) * 17,
            channel(0, 15) * 17,
        )),
        6 => Some(Color::Rgb(channel(16, 255), channel(8, 255), channel(0, 255))),
        _ => None,
    }
}

/// The numbers of a colour; `None` for the terminal's default, which nobody knows.
pub fn rgb(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index @ ..16) => Some(ANSI[usize::from(index)].2),
        Color::Indexed(index @ 16..232) => {
            let index = usize::from(index - 16);
            Some([CUBE[index / 36], CUBE[index / 6 % 6], CUBE[index % 6]])
        }
        Color::Indexed(index) => Some([8 + 10 * (index - 232); 3]),
        _ => ANSI
            .iter()
            .find(|(named, _, _)| *named == colour)
            .map(|(_, _, rgb)| *rgb),
    }
}

fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// The contrast ratio of WCAG 2, from 1 (none) to 21 (black on white).
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |c: Rgb| 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]) + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

/// How far apart two colours look: the distance in Oklab, where black and white are 1 apart.
pub fn distance(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (oklab(one), oklab(other));
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn oklab(colour: Rgb) -> [f64; 3] {
    let [r, g, b] = colour.map(linear);
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s,
    ]
}

/// The nearest of the 240 colours that no terminal lets its user change.
pub fn to_indexed(colour: Rgb) -> Color {
    nearest(colour, (16..=255).map(Color::Indexed)).unwrap_or(Color::Reset)
}

/// The nearest of the sixteen colours.
pub fn to_ansi(colour: Rgb) -> Color {
    nearest(colour, ANSI.iter().map(|(ansi, _, _)| *ansi)).unwrap_or(Color::Reset)
}

/// The nearest of the sixteen colours that can be read on `ground`.
pub fn to_ansi_on(colour: Rgb, ground: Rgb) -> Color {
    let readable = ANSI
        .iter()
        .filter(|(_, _, rgb)| contrast(*rgb, ground) >= 4.5)
        .map(|(ansi, _, _)| *ansi);
    nearest(colour, readable).unwrap_or(Color::Reset)
}

fn nearest(colour: Rgb, candidates: impl Iterator<Item = Color>) -> Option<Color> {
    candidates
        .filter_map(|candidate| Some((distance(colour, rgb(candidate)?), candidate)))
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        let table = [
            ("#fff", Some(Color::Rgb(255, 255, 255))),
            ("#12aBcD", Some(Color::Rgb(0x12, 0xab, 0xcd))),
            ("light-red", Some(Color::LightRed)),
            ("200", Some(Color::Indexed(200))),
            ("default", Some(Color::Reset)),
            ("256", None),
            ("#ffff", None),
            ("#ééé", None),
            ("#+12", None),
            ("", None),
            ("mauve", None),
        ];
        for (text, colour) in table {
            assert_eq!(parse(text), colour, "{text:?}");
        }
    }

    #[test]
    fn known_numbers() {
        assert_eq!(rgb(Color::Indexed(16)), Some([0, 0, 0]));
        assert_eq!(rgb(Color::Indexed(231)), Some([255, 255, 255]));
        assert_eq!(rgb(Color::Indexed(255)), Some([238; 3]));
        assert_eq!(rgb(Color::Reset), None);
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
        assert!((distance([0; 3], [255; 3]) - 1.0).abs() < 1e-3);
        assert_eq!(to_indexed([255, 0, 0]), Color::Indexed(196));
        assert_eq!(to_ansi([250, 10, 10]), Color::LightRed);
        assert_ne!(to_ansi_on([0, 0, 238], [0, 0, 0]), Color::Blue);
    }
}
