import BrokerConfig
import Testing
import TokenBroker

@Suite("A line that is no TOML is told, and the lines around it are still read")
struct SyntaxTests {
  static let mend = "write KEY = VALUE, strings in double quotes, lists in [ ] with commas"
  static let level = "log.level: must be a string, not an integer; write level = \"trace\""

  @Test(
    "one slip is one fault at its line, and hides none of the others",
    arguments: [
      ("owner = caller", "is no TOML: in a value, a word without quotes; \(mend)"),
      ("owner \"caller\"", "is no TOML: in a key-value pair, expected '='; \(mend)"),
      ("owner =", "is no TOML: in a key-value pair, expected value; \(mend)"),
      (
        "owner = \"caller",
        "is no TOML: in a string, the closing quote is missing, or a control character is in the "
          + "string; \(mend)"
      ),
      ("owner = \"\\q\"", "is no TOML: in a string, a backslash before the wrong letter; \(mend)"),
      ("owner = \"\"\"caller", "is no TOML: in a string, the file ends too early; \(mend)"),
    ])
  func slip(_ line: String, _ words: String) {
    #expect(
      faults(profile(line, "[log]", "level = 7"))
        == ["remedy.toml:5: \(words)", "remedy.toml:7: \(Self.level)"])
  }

  @Test("a key whose line is no TOML is not missed as well")
  func notMissing() {
    for line in ["issuer = https://acme.okta.com", "issuer \"x\"", "issuer: \"x\""] {
      let text = profile().replacing("issuer = \"https://acme.okta.com\"", line)
      let found = faults(text)
      #expect(found.count == 1, "\(found)")
      #expect(found.first?.hasPrefix("remedy.toml:2: is no TOML: ") == true, "\(found)")
    }
  }

  @Test("a list that is not closed is told where it begins")
  func openList() {
    let found = faults(profile("scopes = [", "  \"openid\",", "", "[log]", "level = 7"))
    #expect(found.count == 2, "\(found)")
    #expect(found.first?.hasPrefix("remedy.toml:5: is no TOML: in a") == true, "\(found)")
    #expect(found.last == "remedy.toml:9: \(Self.level)")
  }

  @Test("a comma that a list lacks is told where it lacks, once")
  func comma() {
    let found = faults(
      profile(
        "scopes = [", "  \"openid\"", "  \"profile\",", "  \"email\",", "]", "max_age = \"x\""))
    #expect(
      found == [
        "remedy.toml:7: is no TOML: in an array, expected comma or closing ']'; \(Self.mend)"
          .replacing("in an array", "in a array"),
        "remedy.toml:10: profile.demo.max_age: must be an integer, not a string; "
          + "write max_age = 3600",
      ])
  }

  @Test("a header that is not closed is told, and its keys are read")
  func header() {
    #expect(
      faults(profile().replacing("[profile.demo]", "[profile.demo") + "max_age = -1\n") == [
        "remedy.toml:1: is no TOML: in a table header, expected ']'; "
          + "write [TABLE] or [TABLE.NAME] on a line of its own",
        "remedy.toml:5: profile.demo.max_age: must be at least 0, not -1; write max_age = 3600",
      ])
  }

  @Test("a table that is there a second time is told there, and put aside whole")
  func table() {
    #expect(
      faults(profile() + profile("colour = 1") + "[log]\nlevel = 7\n") == [
        "remedy.toml:5: profile.demo: is there a second time; leave out one of the two",
        "remedy.toml:11: \(Self.level)",
      ])
  }

  @Test("a key that is there a second time is told there, and the first one is checked")
  func key() {
    #expect(
      faults(profile("max_age = -1", "max_age = 1", "max_age = [", "1", "]", "audience = 1")) == [
        "remedy.toml:5: profile.demo.max_age: must be at least 0, not -1; write max_age = 3600",
        "remedy.toml:6: profile.demo.max_age: is there a second time; leave out one of the two",
        "remedy.toml:7: profile.demo.max_age: is there a second time; leave out one of the two",
        "remedy.toml:10: profile.demo.audience: must be a string, not an integer; "
          + "write audience = \"…\"",
      ])
  }

  @Test(
    "what is no text at all is a fault and no more",
    arguments: [
      "\0", "\u{FEFF}\u{FEFF}", "=", "[", "]", "[[", "[[[", "[=", "\"", "'''", "a", "{", "\r",
      "ä = 1", "a = ä", "a = 1 ä", "[ä]", "\u{2003}",
      "[]", "[a]]", "[a..b]", "\u{1}\u{2}\u{3}", "a.", ".a = 1", "a = 1\n[[[a]]]\nb = [",
      "a = [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]",
    ])
  func nonsense(_ text: String) {
    #expect(!faults(text).isEmpty)
  }

  @Test("a header that toml++ trips over is told at its line")
  func stumble() {
    #expect(
      faults("[limits]\ncolour = 1\n[[[x]]]\n") == [
        "remedy.toml:2: limits.colour: is no known key; "
          + "remove it; known here: connections_per_uid, transactions_per_uid",
        "remedy.toml:3: is no TOML: this is out of place here; "
          + "write [TABLE] or [TABLE.NAME] on a line of its own",
        "remedy.toml:3: x: is no known table; "
          + "remove it; known here: vault, limits, log, profile",
      ])
  }

  @Test("what nests or goes on without end is faults, soon")
  func endless() {
    let times = 150_000
    let texts = [
      String(repeating: "[", count: 4000), String(repeating: "a = [\n", count: times),
      String(repeating: "a.", count: 2000) + "a = 1", String(repeating: "x", count: 1 << 20),
      String(repeating: "a = 1\n", count: times), String(repeating: "[\n", count: times),
      String(repeating: "[a]\n", count: times), String(repeating: "a\n", count: times),
      "a = [\n" + String(repeating: "1\n", count: times),
      String(repeating: "[[[a\n", count: times),
    ]
    for text in texts {
      let started = ContinuousClock.now
      #expect(!faults(text).isEmpty)
      #expect(ContinuousClock.now - started < .seconds(20))
    }
  }

  @Test("bytes that are not UTF-8 are a fault at their line")
  func encoding() {
    do {
      _ = try ConfigFile.parse(
        Array("[log]\nlevel = \"".utf8) + [0xFF, 0xFE] + Array("\"\n".utf8), file: "f",
        mode: .user, credentialsDirectory: nil)
      Issue.record("taken")
    } catch {
      #expect(error.all.map(\.line) == [2])
    }
  }

  @Test("cut off anywhere, the file is faults or a configuration, never an end")
  func truncated() {
    let text = Array(profile("scopes = [\"openid\", 'x']", "[vault]", "key = \"file:/k\"").utf8)
    for length in text.indices {
      for mode in [Mode.user, .system] {
        _ = try? ConfigFile.parse(
          Array(text[..<length]), file: "f", mode: mode, credentialsDirectory: nil)
      }
    }
  }

  @Test("with any bytes changed, the file is faults or a configuration, never an end")
  func mutated() {
    let text = Array(
      profile("scopes = [\"openid\", 'x']", "allow = [\"user:root\"]", "dpop = false").utf8)
    let bytes = Array("\"'[]{}=.,#\n\r\t \\\0a1-_\u{E4}".utf8) + [0xFF, 0xC3]
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for _ in 0..<2000 {
      var mutant = text
      for _ in 0...next(6) { mutant[next(mutant.count)] = bytes[next(bytes.count)] }
      _ = try? ConfigFile.parse(mutant, file: "f", mode: .user, credentialsDirectory: nil)
    }
  }
}
