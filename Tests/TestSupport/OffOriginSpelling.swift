// The ways to write an address that leads somewhere else than it seems to, or than a careless reader
// takes it to.

/// One way, for a place on this machine that is not the issuer's.
public struct OffOriginSpelling: Sendable {
  public var name: String
  /// The address.
  /// - Parameters: the issuer's authority, the other place's port, and a path with its slash.
  public var address: @Sendable (_ issuer: String, _ port: Int, _ path: String) -> String

  /// The issuer is at `http://127.0.0.1:PORT`; whatever follows one of these to its end comes to
  /// 127.0.0.1 or ::1 at the other port.
  public static let all: [OffOriginSpelling] = [
    OffOriginSpelling(name: "another port") { "http://127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "another name of the same host") { "http://localhost:\($1)\($2)" },
    OffOriginSpelling(name: "the other family") { "http://[::1]:\($1)\($2)" },
    OffOriginSpelling(name: "IPv4 in IPv6") { "http://[::ffff:127.0.0.1]:\($1)\($2)" },
    OffOriginSpelling(name: "IPv4 in IPv6, in hexadecimal") { "http://[::ffff:7f00:1]:\($1)\($2)" },
    OffOriginSpelling(name: "the issuer as user information") {
      "http://\($0)@127.0.0.1:\($1)\($2)"
    },
    OffOriginSpelling(name: "the issuer as user and password") {
      "http://127.0.0.1:80@127.0.0.1:\($1)\($2)"
    },
    OffOriginSpelling(name: "an empty user") { "http://@127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a backslash before the at") {
      #"http://\#($0)\@127.0.0.1:\#($1)\#($2)"#
    },
    OffOriginSpelling(name: "a backslash as the first slash of the path") {
      #"http://127.0.0.1:\#($1)\\#($2)"#
    },
    OffOriginSpelling(name: "backslashes for slashes") { #"http:\\127.0.0.1:\#($1)\#($2)"# },
    OffOriginSpelling(name: "no scheme") { "//127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "no slashes") { "http:127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "three slashes") { "http:///127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a scheme in capitals") { "HTTP://127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "https for http") { "https://127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a name in capitals") { "http://LOCALHOST:\($1)\($2)" },
    OffOriginSpelling(name: "a dot at the end") { "http://localhost.:\($1)\($2)" },
    OffOriginSpelling(name: "wide digits, which names are normalised from") {
      "http://１２７.０.０.１:\($1)\($2)"
    },
    OffOriginSpelling(name: "circled letters") { "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:\($1)\($2)" },
    OffOriginSpelling(name: "percent-encoded digits") { "http://%31%32%37.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a percent-encoded colon") { "http://127.0.0.1%3A\($1)\($2)" },
    OffOriginSpelling(name: "one number") { "http://2130706433:\($1)\($2)" },
    OffOriginSpelling(name: "hexadecimal and short") { "http://0x7f.1:\($1)\($2)" },
    OffOriginSpelling(name: "octal") { "http://0177.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a tab inside") { "http://127.0.\t0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a newline inside") { "ht\ntp://127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a blank before it") { " http://127.0.0.1:\($1)\($2)" },
    OffOriginSpelling(name: "a fragment that ends the host") {
      "http://127.0.0.1:\($1)#@\($0)\($2)"
    },
    OffOriginSpelling(name: "a question mark that ends the host") {
      "http://127.0.0.1:\($1)?@\($0)\($2)"
    },
    OffOriginSpelling(name: "a port with zeros before it") { "http://127.0.0.1:0\($1)\($2)" },
    OffOriginSpelling(name: "a NUL in the host") { "http://127.0.0.1:\($1)\u{0}.\($0)\($2)" },
  ]
}
