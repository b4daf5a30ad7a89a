import Testing

@testable import TokenBroker

@Suite("The gate of a locked vault")
struct VaultGateTests {
  @Test("an open vault is not locked; a locked one opens once")
  func opens() throws {
    #expect(!VaultGate(.open).isLocked)
    var gate = VaultGate(.locked(isNew: false))
    #expect(gate.isLocked)
    try gate.begin(now: .zero)
    gate.opened()
    #expect(!gate.isLocked)
  }

  @Test("each wrong passphrase makes the next one wait longer, up to a minute")
  func delays() throws {
    var gate = VaultGate(.locked(isNew: false))
    var now = Duration.zero
    for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
      try gate.begin(now: now)
      #expect(gate.refused(now: now) == .seconds(expected))
      let early = now + .seconds(expected) - .milliseconds(1)
      #expect(throws: VaultGate.Wait(left: .milliseconds(1))) { try gate.begin(now: early) }
      now += .seconds(expected)
    }
  }

  @Test("one passphrase is tried at a time; a failure of the disk makes nobody wait")
  func one() throws {
    var gate = VaultGate(.locked(isNew: false))
    try gate.begin(now: .zero)
    #expect(throws: VaultGate.Wait(left: .seconds(1))) { try gate.begin(now: .zero) }
    gate.failed()
    try gate.begin(now: .zero)
  }
}
