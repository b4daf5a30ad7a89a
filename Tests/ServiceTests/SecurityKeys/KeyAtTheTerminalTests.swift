// A person signs in with a security key at a terminal: the real command, the real helper with the real
// libfido2, the real broker and the simulator. Only the key is made of software, behind a terminal
// device where the kernel would have one of its own.

import Foundation
import TestSupport
import Testing

@Suite(
  "A security key at the terminal",
  .enabled(if: KeyedTerminal.isHelperBuilt, "libfido2 was not there when this was built"))
struct KeyAtTheTerminalTests {
  /// The simulator is the issuer at this host.
  private static let party = "127.0.0.1"
  private static let blinks = "Touch your security key when it blinks."

  private func choose(_ terminal: KeyedTerminal) throws {
    try terminal.passPassword()
    try terminal.pick("Security Key or Biometric")
  }

  @Test("signs in by a touch")
  func touch() throws {
    let household = try Household(scenario: "passkey")
    let key = try VirtualKey([.ann(party: Self.party)])
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try choose(terminal)
    try terminal.see(Self.blinks)
    try terminal.see("signed in to demo")
    #expect(try terminal.exitStatus() == 0)
    #expect(terminal.isRestored)
  }

  @Test("asks for the key's PIN without echo, and again where it is wrong")
  func pin() throws {
    let household = try Household(scenario: "passkey")
    let key = try VirtualKey([.ann(party: Self.party)], pin: "open sesame")
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try choose(terminal)
    try terminal.answer("PIN of your security key: ", "abc")
    try terminal.see("a PIN has 4 to 63 characters")
    try terminal.answer("PIN of your security key: ", "open sesam")
    try terminal.see("that PIN is wrong; 7 tries are left")
    try terminal.answer("PIN of your security key: ", "open sesame")
    try terminal.see("signed in to demo")
    #expect(try terminal.exitStatus() == 0)
    #expect(!terminal.everything.contains("sesam"))
  }

  @Test(
    "sets up a key, which then signs in", arguments: ["enroll-passkey", "enroll-passkey-verified"])
  func enrols(scenario: String) throws {
    let household = try Household(scenario: scenario)
    let isVerified = scenario.hasSuffix("verified")
    let key = try VirtualKey(pin: isVerified ? "1234" : nil)
    defer { key.remove() }
    let first = try KeyedTerminal(household, .real([key]))
    try first.passPassword()
    try first.see("there is only one: Security Key or Biometric")
    if isVerified { try first.answer("PIN of your security key: ", "1234") }
    try first.see(Self.blinks)
    try first.see("signed in to demo")
    #expect(try first.exitStatus() == 0)
    #expect(key.credentials.map(\.party) == [Self.party])

    let second = try KeyedTerminal(household, .real([key]), ["login", "demo", "--force"])
    try second.passPassword()
    if isVerified { try second.answer("PIN of your security key: ", "1234") }
    try second.see(Self.blinks)
    try second.see("signed in to demo")
    #expect(try second.exitStatus() == 0)
  }

  @Test("a key that nobody touched, that was taken out or that is another one can be tried again")
  func tryAgain() throws {
    let household = try Household(scenario: "passkey")
    let key = try VirtualKey([.ann(party: Self.party)], touch: .ignored)
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try choose(terminal)
    try terminal.see(Self.blinks)
    try terminal.see("error: the security key was not touched in time")
    key.set(touch: .given)
    try terminal.pick("(with your security key)")
    try terminal.see("signed in to demo")
    #expect(try terminal.exitStatus() == 0)
  }

  @Test(
    "says what is wrong with the key, and offers the other ways",
    arguments: ["gone", "other", "none"])
  func otherWays(what: String) throws {
    let household = try Household(scenario: "passkey")
    let keys =
      switch what {
      case "gone": [try VirtualKey([.ann(party: Self.party)], touch: .pulledOut)]
      case "other": [try VirtualKey([.ann(party: "elsewhere.example")])]
      default: [VirtualKey]()
      }
    defer { for key in keys { key.remove() } }
    let script = "exec \(BuiltProgram.path("remedy-fido2")) --device /dev/null"
    let terminal = try KeyedTerminal(household, what == "none" ? .script(script) : .real(keys))
    try choose(terminal)
    switch what {
    case "gone": try terminal.see("error: the security key is gone")
    case "other": try terminal.see("error: this security key is not set up for this account")
    default: try terminal.see("error: no security key found")
    }
    try terminal.see("hint: ")
    try terminal.pick("Verify with something else")
    try terminal.pick("Email")
    try terminal.answer("Enter code: ", try household.newestCode())
    try terminal.see("signed in to demo")
    #expect(try terminal.exitStatus() == 0)
  }

  @Test(
    "a passkey on the key signs in without a name",
    arguments: ["passkey-autofill", "passkey-button", "passkey-launch"])
  func passkeyFirst(scenario: String) throws {
    let household = try Household(scenario: scenario)
    let key = try VirtualKey([.ann(party: Self.party)])
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try terminal.see("Username: ")
    terminal.type("\t")
    try terminal.pick(
      scenario == "passkey-launch" ? "Sign in with a passkey" : "(with your security key)")
    try terminal.see(Self.blinks)
    try terminal.see("signed in to demo")
    #expect(try terminal.exitStatus() == 0)
  }

  @Test("a passkey that is suggested is set up where it is chosen, and not by itself")
  func promotion() throws {
    let household = try Household(scenario: "passkey-promotion")
    let key = try VirtualKey()
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try terminal.passPassword()
    try terminal.pick("(with your security key)")
    try terminal.see(Self.blinks)
    try terminal.see("signed in to demo")
    #expect(try terminal.exitStatus() == 0)
    #expect(key.credentials.map(\.isResident) == [true])
  }

  @Test("another way is one key away while the key blinks, and the key stops then")
  func leaves() throws {
    let household = try Household(scenario: "passkey")
    let key = try VirtualKey([.ann(party: Self.party)], touch: .awaited)
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try choose(terminal)
    try terminal.see(Self.blinks)
    #expect(key.wait(for: .blinks))
    terminal.type("\t")
    try terminal.see("Verify with something else")
    #expect(key.wait(for: .cancelled))
    terminal.type("\u{3}")
    #expect(try terminal.exitStatus() == 6)
  }

  @Test("Control-C while the key blinks cancels the sign-in, and the key stops")
  func cancels() throws {
    let household = try Household(scenario: "passkey")
    let key = try VirtualKey([.ann(party: Self.party)], touch: .awaited)
    defer { key.remove() }
    let terminal = try KeyedTerminal(household, .real([key]))
    try choose(terminal)
    #expect(key.wait(for: .blinks))
    try terminal.see(Self.blinks)
    terminal.type("\u{3}")
    #expect(try terminal.exitStatus() == 6)
    #expect(terminal.isRestored)
    #expect(key.wait(for: .cancelled))
  }

  @Test("a helper that fails, or talks nonsense, is said to, and another way is offered")
  func badHelper() throws {
    for script in ["exit 1", "echo nonsense; read line", #"echo '{"result":{}}'; read line"#] {
      let household = try Household(scenario: "passkey")
      let terminal = try KeyedTerminal(household, .script(script))
      try choose(terminal)
      try terminal.see("error: ")
      try terminal.see("Verify with something else")
      terminal.type("\u{3}")
      #expect(try terminal.exitStatus() == 6)
    }
  }

  @Test("without the helper the way is said to need a program, and another is offered")
  func noHelper() throws {
    let household = try Household(scenario: "passkey")
    let terminal = try KeyedTerminal(household, .missing)
    try choose(terminal)
    try terminal.see("needs a program that can use security keys")
    try terminal.see("Email")
    terminal.type("\u{3}")
    #expect(try terminal.exitStatus() == 6)
  }

  @Test("a helper that others may write to is none")
  func untrustedHelper() throws {
    let household = try Household(scenario: "passkey")
    let witness = household.folder.path + "/ran"
    let terminal = try KeyedTerminal(household, .script("touch \(witness)"), mode: 0o777)
    try choose(terminal)
    try terminal.see("needs a program that can use security keys")
    #expect(!FileManager.default.fileExists(atPath: witness))
    terminal.type("\u{3}")
    #expect(try terminal.exitStatus() == 6)
  }

  @Test("the helper gets no argument and no environment from the command")
  func tellsNothing() throws {
    let household = try Household(scenario: "passkey")
    let witness = household.folder.path + "/told"
    let terminal = try KeyedTerminal(
      household,
      .script(
        "tr '\\0' ' ' </proc/$$/cmdline >\(witness); tr '\\0' '\\n' </proc/$$/environ >>\(witness)")
    )
    try choose(terminal)
    try terminal.see("error: the helper for security keys, remedy-fido2, has failed")
    let told = try String(contentsOfFile: witness, encoding: .utf8)
    #expect(told.hasPrefix("/bin/sh ") && told.hasSuffix("/libexec/remedy/remedy-fido2 "))
    terminal.type("\u{3}")
    #expect(try terminal.exitStatus() == 6)
  }
}
