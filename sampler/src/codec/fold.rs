//! Slugs: text in a-z, 0-9 and single hyphens, as in addresses and e-mail names.

/// Appends the slug of `text`; "x" where nothing of it is left.
pub fn slug(text: &str, out: &mut String) {
    let start = out.len();
    let mut gap = false;
    let mut take = |lower: char| {
        let letters = if lower.is_ascii_alphanumeric() { None } else { Some(folded(lower)) };
        match letters {
            Some(None) => return gap = true,
            Some(Some("")) => return,
            _ => {}
        }
        if gap && out.len() > start {
            out.push('-');
        }
        gap = false;
        match letters.flatten() {
            Some(letters) => out.push_str(letters),
            None => out.push(lower),
        }
    };
    for letter in text.chars() {
        if letter.is_ascii() {
            take(letter.to_ascii_lowercase());
        } else {
            letter.to_lowercase().for_each(&mut take);
        }
    }
    if out.len() == start {
        out.push('x');
    }
}

/// A lower-case Latin letter in ASCII, by the usual transliterations; nothing for combining marks and apostrophes.
fn folded(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ậ' | 'ắ' => {
            "a"
        }
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => {
            "e"
        }
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ị' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ō' | 'ŏ' | 'ő' | 'ø' | 'ơ' | 'ọ' | 'ố' | 'ồ' | 'ộ' => {
            "o"
        }
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ' | 'ứ' | 'ừ' => {
            "u"
        }
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '\'' | '’' | '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_plain() {
        for (text, expected) in [
            ("José Müller-Groß", "jose-muller-gross"),
            ("  Søren   Ångström!! ", "soren-angstrom"),
            ("O'Brien & Söhne", "obrien-sohne"),
            ("日本", "x"),
            ("", "x"),
            ("İzmir", "izmir"),
            ("e\u{301}", "e"),
        ] {
            let mut out = String::from("a");
            slug(text, &mut out);
            assert_eq!(out, format!("a{expected}"), "{text}");
        }
    }
}
