//! `cidr`: addresses of the internet protocol, and the networks they lie in.
//!
//! Addresses are read strictly, because loose readings differ: `010.0.0.1` is `8.0.0.1` to some programs and `10.0.0.1`
//! to others. What is not an address by this reading is unknown, never false.

use super::Tri;

/// An address. One in `::ffff:0:0/96`, however it was written, is the v4 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// Of 32 bits.
    V4(u32),
    /// Of 128 bits, and outside `::ffff:0:0/96`.
    V6(u128),
}

/// No address is written longer: six groups, and a dotted quad.
const LEN_MAX: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();

/// How many groups of 16 bits a v6 address has.
const GROUPS: u32 = 8;

impl Address {
    /// Reads a strict dotted quad without leading zeros, or an address of RFC 4291 without a zone.
    #[must_use]
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub fn parse(value: impl Iterator<Item = u8>) -> Option<Self> {
        let mut buffer = [0; LEN_MAX];
        let mut len = 0_usize;
        for byte in value {
            *buffer.get_mut(len)? = byte;
            len = len.saturating_add(1);
        }
        let text = buffer.get(..len)?;
        if text.contains(&b':') { v6(text).map(Self::from_v6) } else { v4(text).map(Self::V4) }
    }

    /// The address of these 128 bits.
    #[must_use]
    pub fn from_v6(bits: u128) -> Self {
        if bits >> 32 == 0xFFFF { Self::V4(bits as u32) } else { Self::V6(bits) }
    }

    /// Whether the address lies in the network.
    ///
    /// One of the other family does not, except that a v6 address in which some gateway may read a v4 one is unknown
    /// to v4 networks.
    pub fn is_in(self, network: Self, prefix_len: u8) -> Tri {
        let prefix_len = u32::from(prefix_len);
        match (self, network) {
            (Self::V4(bits), Self::V4(network)) => {
                Tri::from((bits ^ network).checked_shr(u32::BITS.saturating_sub(prefix_len)).unwrap_or(0) == 0)
            }
            (Self::V6(bits), Self::V6(network)) => {
                Tri::from((bits ^ network).checked_shr(u128::BITS.saturating_sub(prefix_len)).unwrap_or(0) == 0)
            }
            (Self::V6(bits), Self::V4(_)) if may_embed_v4(bits) => Tri::Unknown,
            (Self::V6(_), Self::V4(_)) | (Self::V4(_), Self::V6(_)) => Tri::False,
        }
    }
}

/// Whether the value is an address in the network; unknown if it is no address.
pub fn cidr(value: impl Iterator<Item = u8>, network: Address, prefix_len: u8) -> Tri {
    Address::parse(value).map_or(Tri::Unknown, |address| address.is_in(network, prefix_len))
}

/// `::/96` (v4-compatible) but for `::` and `::1`, `64:ff9b::/96` (NAT64), `2002::/16` (6to4), `2001::/32` (Teredo).
#[cfg_attr(target_family = "wasm", inline(never))]
pub(crate) fn may_embed_v4(bits: u128) -> bool {
    (bits >> 32 == 0 && bits > 1) || bits >> 32 == 0x0064_FF9B << 64 || bits >> 112 == 0x2002 || bits >> 96 == 0x2001_0000
}

fn v4(text: &[u8]) -> Option<u32> {
    let mut bits = 0_u32;
    let mut count = 0_u32;
    for part in text.split(|&byte| byte == b'.') {
        let octet = match part {
            [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                part.iter().fold(0_u32, |sum, digit| sum.wrapping_mul(10).wrapping_add(u32::from(digit & 0x0F)))
            }
            _ => return None,
        };
        if octet > 255 {
            return None;
        }
        bits = bits << 8 | octet;
        count = count.wrapping_add(1);
    }
    (count == 4).then_some(bits)
}

fn v6(text: &[u8]) -> Option<u128> {
    let Some(gap) = text.windows(2).position(|pair| pair == b"::") else {
        let (bits, count) = groups(text)?;
        return (count == GROUPS).then_some(bits);
    };
    let (head, tail) = text.split_at_checked(gap)?;
    // Only the end of the whole address may be a dotted quad.
    if head.contains(&b'.') {
        return None;
    }
    let (head, head_count) = groups(head)?;
    let (tail, tail_count) = groups(tail.get(2..)?)?;
    // `::` stands for one group or more.
    let missing = GROUPS.checked_sub(head_count.saturating_add(tail_count)).filter(|&missing| missing > 0)?;
    // All the groups may be missing or in the tail, and then there is no head to be shifted.
    let head = head.checked_shl(missing.saturating_add(tail_count).saturating_mul(16)).unwrap_or(0);
    Some(head | tail)
}

/// Groups between colons, the last of which may be a dotted quad that stands for two; none at all in an empty text.
fn groups(text: &[u8]) -> Option<(u128, u32)> {
    let mut bits = 0_u128;
    let mut count = 0_u32;
    if text.is_empty() {
        return Some((bits, count));
    }
    let mut quad = false;
    for part in text.split(|&byte| byte == b':') {
        if quad {
            return None;
        }
        quad = part.contains(&b'.');
        if quad {
            bits = bits << 32 | u128::from(v4(part)?);
            count = count.saturating_add(2);
        } else {
            bits = bits << 16 | group(part)?;
            count = count.saturating_add(1);
        }
        if count > GROUPS {
            return None;
        }
    }
    Some((bits, count))
}

/// One to four hexadecimal digits.
fn group(part: &[u8]) -> Option<u128> {
    if part.is_empty() || part.len() > 4 {
        return None;
    }
    part.iter().try_fold(0, |bits, &digit| Some(bits << 4 | u128::from(char::from(digit).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use core::net::{IpAddr, Ipv6Addr};

    use super::super::random::{Random, streamed};
    use super::Tri::{False, True, Unknown};
    use super::*;

    fn parse(text: &str) -> Option<Address> {
        Address::parse(streamed(text.as_bytes()))
    }

    fn bits(text: &str) -> u128 {
        text.parse::<Ipv6Addr>().unwrap().to_bits()
    }

    #[test]
    fn reads_dotted_quads_strictly() {
        assert_eq!(parse("10.0.0.1"), Some(Address::V4(0x0A00_0001)));
        assert_eq!(parse("0.0.0.0"), Some(Address::V4(0)));
        assert_eq!(parse("255.255.255.255"), Some(Address::V4(u32::MAX)));
        for text in [
            "",
            ".",
            "1",
            "1.2.3",
            "1.2.3.",
            ".1.2.3",
            "1.2.3.4.",
            "1..2.3",
            "1.2.3.4.5",
            "010.0.0.1",
            "10.0.0.01",
            "00.0.0.0",
            "256.0.0.1",
            "1.2.3.999",
            "1.2.3.0004",
            "0x7f.0.0.1",
            "2130706433",
            "127.1",
            "1.2.3.4/32",
            "1.2.3.4:80",
            " 1.2.3.4",
            "1.2.3.4 ",
            "1.2.3.4\n",
            "1.2.3.-4",
            "+1.2.3.4",
            "1.2.3.٤",
            "a.b.c.d",
            "1,2.3.4",
            "1.2.3.4\0",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn reads_rfc_4291() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::8",
            "1:2::7:8",
            "2001:db8::A",
            "2001:DB8::a",
            "0001:0002::",
            "fe80::1",
            "::1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "64:ff9b::10.0.0.1",
            "1::1.2.3.4",
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            "1:2:3:4:5::1.2.3.4",
        ] {
            assert_eq!(parse(text), Some(Address::V6(bits(text))), "{text:?}");
        }
        for text in [
            ":",
            ":::",
            "1",
            "1:",
            ":1",
            "1:2",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:",
            ":1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1::2::3",
            "1:::2",
            "::1::",
            "12345::",
            "00001::",
            "g::",
            "fe80::1%eth0",
            "fe80::1%25",
            "[::1]",
            "::1/128",
            "::1 ",
            " ::1",
            "1.2.3.4::",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5:1.2.3.4",
            "::01.2.3.4",
            "::1.2.3",
            "::1.2.3.256",
            "::.1.2.3",
            "::ffff:010.0.0.1",
            "1:2:3:4:5:6::1.2.3.4",
            "::-1",
            "::+1",
            "::0x1",
            "::\u{663}",
            // One byte longer than any address.
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
            "00000:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn mapped_addresses_are_v4_however_written() {
        for text in [
            "::ffff:10.0.0.1",
            "::FFFF:10.0.0.1",
            "::ffff:a00:1",
            "0:0:0:0:0:ffff:a00:1",
            "0000:0000:0000:0000:0000:ffff:0a00:0001",
            "0:0::ffff:10.0.0.1",
            "0:0:0:0:0:FFFF:10.0.0.1",
        ] {
            assert_eq!(parse(text), Some(Address::V4(0x0A00_0001)), "{text:?}");
        }
        for text in ["::fffe:10.0.0.1", "::1:ffff:10.0.0.1", "::ffff:0:10.0.0.1", "1::ffff:10.0.0.1"] {
            assert_eq!(parse(text), Some(Address::V6(bits(text))), "{text:?}");
        }
    }

    #[test]
    fn networks() {
        let cases = [
            ("10.1.2.3", "10.0.0.0", 8, True),
            ("11.1.2.3", "10.0.0.0", 8, False),
            ("10.0.0.1", "10.0.0.1", 32, True),
            ("10.0.0.2", "10.0.0.1", 32, False),
            ("192.168.1.127", "192.168.1.0", 25, True),
            ("192.168.1.128", "192.168.1.0", 25, False),
            ("255.1.2.3", "0.0.0.0", 0, True),
            ("::ffff:10.1.2.3", "10.0.0.0", 8, True),
            ("::ffff:a01:203", "10.0.0.0", 8, True),
            ("10.1.2.3", "::ffff:10.0.0.0", 8, True),
            ("2001:db8::1", "2001:db8::", 32, True),
            ("2001:db9::1", "2001:db8::", 32, False),
            ("::1", "::1", 128, True),
            ("::2", "::1", 128, False),
            ("fe80::1", "::", 0, True),
            ("fdff::", "fc00::", 7, True),
            // The other family is false, a mapped address in a wide v6 network included: it is a v4 one.
            ("10.0.0.1", "::", 0, False),
            ("::ffff:10.0.0.1", "::", 0, False),
            ("2001:db8::1", "10.0.0.0", 8, False),
            ("fe80::1", "0.0.0.0", 0, False),
            ("::", "0.0.0.0", 0, False),
            ("::1", "127.0.0.0", 8, False),
            // May embed a v4 address.
            ("::2", "127.0.0.0", 8, Unknown),
            ("::10.0.0.1", "10.0.0.0", 8, Unknown),
            ("::ffff:ffff", "10.0.0.0", 8, Unknown),
            ("::1:0:0", "10.0.0.0", 8, False),
            ("64:ff9b::10.0.0.1", "10.0.0.0", 8, Unknown),
            ("64:ff9b::", "10.0.0.0", 8, Unknown),
            ("64:ff9b::1:0:0", "10.0.0.0", 8, False),
            ("64:ff9b:1::10.0.0.1", "10.0.0.0", 8, False),
            ("64:ff9a::10.0.0.1", "10.0.0.0", 8, False),
            ("2002:a00:1::", "10.0.0.0", 8, Unknown),
            ("2003:a00:1::", "10.0.0.0", 8, False),
            ("2001::1", "10.0.0.0", 8, Unknown),
            ("2001:0:ffff::", "10.0.0.0", 8, Unknown),
            ("2001:1::", "10.0.0.0", 8, False),
            // None of that matters to a v6 network.
            ("::10.0.0.1", "::", 96, True),
            ("2002:a00:1::", "2002::", 16, True),
            ("2002:a00:1::", "2001::", 32, False),
        ];
        for (value, network, prefix_len, expected) in cases {
            let network_parsed = parse(network).unwrap();
            assert_eq!(cidr(streamed(value.as_bytes()), network_parsed, prefix_len), expected, "{value} in {network}/{prefix_len}");
        }
        for value in ["", "localhost", "10.0.0", "10.0.0.01", "::1%lo"] {
            assert_eq!(cidr(streamed(value.as_bytes()), Address::V4(0), 0), Unknown, "{value:?}");
            assert_eq!(cidr(streamed(value.as_bytes()), Address::V6(0), 0), Unknown, "{value:?}");
        }
    }

    #[test]
    fn prefix_lengths_no_compiler_writes_do_no_harm() {
        assert_eq!(Address::V4(1).is_in(Address::V4(1), u8::MAX), True);
        assert_eq!(Address::V6(2).is_in(Address::V6(3), u8::MAX), False);
    }

    #[test]
    fn agrees_with_core() {
        let mut random = Random::new(6);
        let pieces = [":", ":", "::", ".", "1", "0", "ffff", "fFfF", "12", "255", "256", "1.2.3.4", "g", "00", "a:b:c", "1:2:3:4:5:6"];
        let mut read = 0;
        for _ in 0..300_000 {
            let text = random.text(&pieces, 9);
            let expected = match core::str::from_utf8(&text).unwrap().parse() {
                Ok(IpAddr::V4(address)) => Some(Address::V4(address.to_bits())),
                Ok(IpAddr::V6(address)) => Some(Address::from_v6(address.to_bits())),
                Err(_) => None,
            };
            read += usize::from(expected.is_some());
            assert_eq!(Address::parse(streamed(&text)), expected, "{:?}", core::str::from_utf8(&text));
        }
        assert!(read > 3_000, "only {read} were addresses");
        for _ in 0..20_000 {
            let mut bits = 0_u128;
            for _ in 0..8 {
                bits = bits << 16 | [0, 0, 1, 0xFFFF, random.below(1 << 16)][random.below(5)] as u128;
            }
            let text = format!("{}", Ipv6Addr::from_bits(bits));
            assert_eq!(parse(&text), Some(Address::from_v6(bits)), "{text}");
        }
    }

    #[test]
    fn long_values_are_refused_early() {
        let mut read = 0;
        let endless = core::iter::repeat(b'1').inspect(|_| read += 1);
        assert_eq!(Address::parse(endless), None);
        assert_eq!(read, LEN_MAX + 1);
    }
}
