import Testing
import TokenBroker

@Suite("Every fault of a profile says file, line, key, problem and mend")
struct ProfileFaultTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var text: String
    var mode = Mode.user
    var expected: [String]
    var testDescription: String { name }

    init(_ name: String, _ text: String, mode: Mode = .user, _ expected: String...) {
      (self.name, self.text, self.mode, self.expected) = (name, text, mode, expected)
    }
  }

  static let keys: [Case] = [
    Case(
      "required keys are missed at the header's line", "\n[profile.demo]\nscopes = [\"openid\"]\n",
      "remedy.toml:2: profile.demo.issuer: is missing; "
        + "write issuer = \"https://example.okta.com\"",
      "remedy.toml:2: profile.demo.client_id: is missing; write client_id = \"0oa…\"",
      "remedy.toml:2: profile.demo.redirect_uri: is missing; "
        + "write redirect_uri = \"http://127.0.0.1:8765/callback\""),
    Case(
      "an unknown key suggests the one that was meant", profile("client-idd = \"x\""),
      "remedy.toml:5: profile.demo.client-idd: is no known key; "
        + "did you mean profile.demo.client_id?"),
    Case(
      "an unknown key like none lists those that are known", "[limits]\ncolour = 1\n",
      "remedy.toml:2: limits.colour: is no known key; "
        + "remove it; known here: connections_per_uid, transactions_per_uid"),
    Case(
      "an unknown table", "[profiles.demo]\nissuer = \"https://acme.okta.com\"\n",
      "remedy.toml:1: profiles: is no known table; did you mean profile?"),
    Case(
      "an unknown table in a profile", profile("[profile.demo.answer]", "totp = \"x\""),
      "remedy.toml:5: profile.demo.answer: is no known table; "
        + "did you mean profile.demo.answers?"),
    Case(
      "a name with a dot that is not quoted",
      "[profile.acme.prod]\nissuer = \"https://acme.okta.com\"\n",
      "remedy.toml:1: profile.acme.prod: is a table in a profile; "
        + "quote a name with a dot: [profile.\"acme.prod\"]"),
    Case(
      "a name that no profile may have", profile().replacing("[profile.demo]", "[profile.\"a b\"]"),
      "remedy.toml:1: profile.\"a b\": is no name of a profile; "
        + "use 1 to 64 of A-Z a-z 0-9 . _ -"),
    Case(
      "a name of 65 letters",
      profile().replacing("demo", String(repeating: "a", count: 65)),
      "remedy.toml:1: profile.\(String(repeating: "a", count: 65)): is no name of a profile; "
        + "use 1 to 64 of A-Z a-z 0-9 . _ -"),
    Case(
      "a profile that is no table", "profile.demo = \"https://acme.okta.com\"\n",
      "remedy.toml:1: profile.demo: must be a table, not a string; "
        + "write [profile.demo], with its keys on the lines below"),
    Case(
      "profiles as a list of tables", "[[profile]]\nname = \"demo\"\n",
      "remedy.toml:1: profile: must be a table, not a list of tables; "
        + "write [profile.NAME], with its keys on the lines below"),
    Case(
      "a string that is a number", profile("audience = 1"),
      "remedy.toml:5: profile.demo.audience: must be a string, not an integer; "
        + "write audience = \"…\""),
    Case(
      "a client id that is empty", profile().replacing("0oa1", ""),
      "remedy.toml:3: profile.demo.client_id: is empty; write client_id = \"…\""),
    Case(
      "a client id outside ASCII", profile().replacing("0oa1", "0öa1"),
      "remedy.toml:3: profile.demo.client_id: holds a character that it may not have; "
        + "leave out control characters and blanks at the ends, and write ASCII only"),
    Case(
      "a login hint with an escape character", profile(#"login_hint = "\u001b[31mann""#),
      "remedy.toml:5: profile.demo.login_hint: holds a character that it may not have; "
        + "leave out control characters and blanks at the ends"),
    Case(
      "an owner nobody knows", profile("owner = \"servise\""),
      "remedy.toml:5: profile.demo.owner: \"servise\" is not known here; "
        + "did you mean \"service\"?"),
    Case(
      "an age below nought", profile("max_age = -1"),
      "remedy.toml:5: profile.demo.max_age: must be at least 0, not -1; write max_age = 3600"),
    Case(
      "an age in quotes", profile("max_age = \"60\""),
      "remedy.toml:5: profile.demo.max_age: must be an integer, not a string; "
        + "write max_age = 3600"),
    Case(
      "what is printed of the file cannot act on a terminal",
      profile(#"owner = "\u001b]0;x\u0007""#),
      "remedy.toml:5: profile.demo.owner: \"\\u{1b}]0;x\\u{7}\" is not known here; "
        + "write one of \"caller\", \"service\""),
  ]

  static let scopes: [Case] = [
    Case(
      "scopes in one string", profile("scopes = \"openid profile\""),
      "remedy.toml:5: profile.demo.scopes: must be a list of strings, not a string; "
        + "write scopes = [\"openid\", \"offline_access\"]"),
    Case(
      "a scope that is no string, at its own line",
      profile("scopes = [", "  \"openid\",", "  7,", "]"),
      "remedy.toml:7: profile.demo.scopes: must be a list of strings; an integer stands in it; "
        + "write scopes = [\"openid\", \"offline_access\"]"),
    Case(
      "scopes without openid", profile("scopes = [\"profile\"]"),
      "remedy.toml:5: profile.demo.scopes: openid is not among them; "
        + "write scopes = [\"openid\", \"offline_access\"]"),
    Case(
      "a scope twice", profile("scopes = [\"openid\", \"email\", \"email\"]"),
      "remedy.toml:5: profile.demo.scopes: \"email\" is there twice; leave out one of the two"),
    Case(
      "two scopes in one string", profile("scopes = [\"openid\", \"profile email\"]"),
      "remedy.toml:5: profile.demo.scopes: \"profile email\" is no scope; "
        + "write one scope a string, without blanks, quotes and backslashes"),
  ]

  static let rules: [Case] = [
    Case(
      "a user that is not there", profile("allow = [\"user:no-such-user-here\"]"),
      "remedy.toml:5: profile.demo.allow: "
        + "there is no user \"no-such-user-here\" on this machine; "
        + "make it, mend the name, or write its number"),
    Case(
      "a group that is not there", profile("prompters = [\"user:root+group:no-such-group\"]"),
      "remedy.toml:5: profile.demo.prompters: "
        + "there is no group \"no-such-group\" on this machine; "
        + "make it, mend the name, or write its number"),
    Case(
      "the number that means none", profile("allow = [\"user:4294967295\"]"),
      "remedy.toml:5: profile.demo.allow: \"user:4294967295\" is no number of a user; "
        + "write a number below 4294967295"),
    Case(
      "a term without a name", profile("allow = [\"group:\"]"),
      "remedy.toml:5: profile.demo.allow: \"group:\" names no group; "
        + "write group:NAME or group:NUMBER"),
    Case(
      "a term of no known kind", profile("allow = [\"root\"]"),
      "remedy.toml:5: profile.demo.allow: \"root\" is no term of a rule; "
        + "write user:NAME, user:UID, group:NAME or group:GID, several joined by +"),
    Case(
      "a plus with nothing after it", profile("allow = [\"user:root+\"]"),
      "remedy.toml:5: profile.demo.allow: \"\" is no term of a rule; "
        + "write user:NAME, user:UID, group:NAME or group:GID, several joined by +"),
    Case(
      "a rule on a unit", profile("allow = [\"user:root+unit:ci.service\"]"),
      "remedy.toml:5: profile.demo.allow: "
        + "\"unit:ci.service\": unit: comes with a later version of Remedy; "
        + "use user: and group: until then"),
    Case(
      "a rule on an executable, in a user service", profile("allow = [\"exe:/usr/bin/git\"]"),
      "remedy.toml:5: profile.demo.allow: "
        + "\"exe:/usr/bin/git\": exe: comes with a later version of Remedy; "
        + "use user: and group: until then"),
    Case(
      "a rule on an executable, in a system service, names the drop-in",
      profile("allow = [\"exe:/usr/bin/git\"]", "[vault]", "key = \"credential:k\""),
      mode: .system,
      "remedy.toml:5: profile.demo.allow: "
        + "\"exe:/usr/bin/git\": exe: needs the drop-in remedyd.service.d/exe-rules.conf, "
        + "which comes with a later version of Remedy; use user: and group: until then"),
  ]

  static let later: [Case] = [
    Case(
      "a share that leaves nothing", profile("refresh_ahead = 1"),
      "remedy.toml:5: profile.demo.refresh_ahead: must be from 0.0 to 0.9, not 1.0; "
        + "write refresh_ahead = 0.2"),
    Case(
      "a share in words", profile("refresh_ahead = \"soon\""),
      "remedy.toml:5: profile.demo.refresh_ahead: must be a number, not a string; "
        + "write refresh_ahead = 0.2"),
  ]

  @Test("keys, names and types", arguments: keys)
  func keysHold(_ one: Case) { #expect(faults(one.text, mode: one.mode) == one.expected) }

  @Test("scopes", arguments: scopes)
  func scopesHold(_ one: Case) { #expect(faults(one.text, mode: one.mode) == one.expected) }

  @Test("rules of allow and prompters", arguments: rules)
  func rulesHold(_ one: Case) { #expect(faults(one.text, mode: one.mode) == one.expected) }

  @Test("what comes with a later version is a fault that says so", arguments: later)
  func laterIsSaid(_ one: Case) { #expect(faults(one.text, mode: one.mode) == one.expected) }
}

extension String {
  func replacing(_ old: String, _ new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    return self[..<range.lowerBound] + new + self[range.upperBound...]
  }
}
