// Writes that really take only a part of what they are given: a vault that took the first for the
// whole, or went on after an error, would leave half a record.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("Writes that take only a part", .serialized)
struct ShortWriteTests {
  @Test("a first start, a sign-in, refreshes and a restart at seven bytes a write: all is sound")
  func wholeInParts() throws {
    let household = try Household(scenario: "password")
    household.stopDaemon()
    let state = household.folder.path + "/state"
    try FileManager.default.removeItem(atPath: state)
    let writes = try ShortWrites(to: state, in: household.folder)
    try household.startDaemon(environment: writes.environment)
    // The header has 92 bytes, the key file 45.
    #expect(writes.count >= 92 / 7 + 45 / 7)
    try household.signIn()
    try household.refresh()
    let held = try token(household)
    #expect(writes.count > 500)
    // Killed, and started without the library: what lies there is judged as it is.
    household.stopDaemon(signal: SIGKILL)
    try expectSound(household)
    try household.startDaemon()
    #expect(try token(household) == held)
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon(environment: writes.environment)
    try household.refresh()
    #expect(try token(household) != held)
    try expectSound(household)
  }

  @Test("seven bytes and then a full disk: the old record is whole, and a later write is")
  func fullInTheMiddle() throws {
    let household = try Household(scenario: "password")
    try household.signIn()
    household.stopDaemon()
    let writes = try ShortWrites(to: household.folder.path + "/state", in: household.folder)
    try household.startDaemon(environment: writes.environment)
    try household.refresh()
    let pid = household.daemonPID
    let held = try token(household)
    let before = try household.count("/v1/token")
    try writes.fill()
    for _ in 0..<3 {
      let cut = writes.count
      let refusal = household.failure(
        try household.client(), TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: true))
      #expect(refusal?.reason == .vaultUnavailable)
      #expect(refusal?.message.contains("no space is left") == true, "\(refusal?.message ?? "")")
      #expect(writes.count > cut, "nothing was written before it")
      #expect(try token(household) == held)
      try expectSound(household)
    }
    #expect(try household.count("/v1/token") == before)
    #expect(household.daemonPID == pid)
    // A kill there and then: what the disk has is the old record.
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon(environment: writes.environment)
    #expect(try token(household) == held)
    try writes.makeRoom()
    try household.refresh()
    #expect(try token(household) != held)
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    try household.refresh()
    try expectSound(household)
  }

  private func token(_ household: Household) throws -> [UInt8] {
    try household.client()
      .call(TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never))
      .accessToken.exposedBytes()
  }

  private func expectSound(_ household: Household) throws {
    let (status, report) = try household.vault("check")
    #expect(status == 0, "\(report)")
    #expect(report.contains("1 sound, 0 to look at"), "\(report)")
  }
}
