//! Which addresses are this very machine, and which are out in the public network: on the one it hangs whether a key may travel in the
//! clear, on the other whether a link that somebody else wrote may be followed. No I/O, so a name counts by what it says and not by
//! what it resolves to.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether `url` names this very machine: `localhost` and what is under it (RFC 6761), or a loopback address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address is one that anybody in the public network could have: no part of this machine, of the network that it stands in,
/// or of what the registries have set aside (IANA's special-purpose registries, RFC 6890). An IPv6 address that stands for an
/// IPv4 address is judged by that one.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => standing_for(address).map_or_else(|| is_public_v6(address), is_public_v4),
    }
}

/// What has been set aside of the IPv4 addresses, and how many bits are fixed.
const SET_ASIDE: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),           // "this network"
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, where clouds keep their metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // relays of 6to4, given up
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(network, bits): &(Ipv4Addr, u32)| (address.to_bits() ^ network.to_bits()) >> (32 - bits) == 0;
    !SET_ASIDE.iter().any(within)
}

/// Only `2000::/3` has been given out, and not all of that to the public.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Protocol assignments (Teredo, benchmarks, ORCHID), and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// The IPv4 address that packets to this one end up at: mapped and compatible (RFC 4291), by NAT64 (RFC 6052), by 6to4 (RFC 3056).
fn standing_for(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_this_machine() {
        let is = |host: &str| is_loopback(&Url::parse(&format!("http://{host}/")).unwrap());
        for here in ["localhost", "LOCALHOST:8787", "a.localhost", "127.0.0.1", "127.1.2.3:1", "[::1]", "2130706433"] {
            assert!(is(here), "{here}");
        }
        for elsewhere in ["localhost.example", "notlocalhost", "128.0.0.1", "10.0.0.1", "[::2]", "0.0.0.0", "127.0.0.1.example"]
        {
            assert!(!is(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn only_what_anybody_could_have_is_public() {
        const PUBLIC: &str = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 \
            169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.167.255.255 192.169.0.0 \
            198.17.255.255 198.20.0.0 198.51.99.255 203.0.112.255 203.0.114.0 223.255.255.255 2000:: 2001:200:: 2001:db7:: \
            2001:db9:: 2606:4700::1111 3fff:1000:: ::ffff:1.1.1.1 ::1.1.1.1 64:ff9b::1.1.1.1 2002:101:101::";
        const NOT: &str = "0.0.0.0 0.1.2.3 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 169.254.0.0 \
            169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.0 192.168.255.255 198.18.0.0 \
            198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.255 :: ::1 ::2 fe80::1 febf::1 \
            fc00::1 fdff::1 fec0::1 ff02::1 2001::1 2001:2::1 2001:1ff:: 2001:db8::1 3fff::1 4000:: 5f00:: 100::1 64:ff9b:1::1 \
            ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::192.168.1.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe \
            2002:7f00:1:: 2002:a9fe:a9fe::1 2002:c0a8:101::";
        let parsed = |text: &'static str| text.split_whitespace().map(|text| text.parse().unwrap());
        for address in parsed(PUBLIC) {
            assert!(is_public(address), "{address}");
        }
        for address in parsed(NOT) {
            assert!(!is_public(address), "{address}");
        }
    }
}
