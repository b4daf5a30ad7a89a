// A core that the daemon is forced to leave, and what is not in it.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite(
  "A core of the real broker", .serialized,
  .enabled(if: geteuid() == 0, "only root may see when the memory has settled"),
  .enabled(if: Core.isPossible, "\(Core.absence)"))
struct CoreTests {
  /// What lies in guarded memory at rest, and what goes with the request that it was for.
  private static let guarded: Set = [
    "password", "wrong password", "security answer", "TOTP seed", "client secret", "vault key",
    "private key", "private key as PEM", "DPoP key", "access token", "refresh token", "ID token",
  ]

  @Test("has none of the secrets that lie in guarded memory, and has what lies on the heap")
  func secrets() async throws {
    let house = try CanaryHouse()
    house.stop(signal: SIGTERM)
    let core = try Core(in: house.folder)
    try house.start(environment: core.environment)
    try house.signIn("secret", factor: "okta_email")
    try house.signIn("keyed", factor: "security_question")
    try house.signIn("bound", factor: "okta_email")
    let client = try house.client()
    for profile in ["secret", "keyed", "bound", "service"] {
      for force in [false, true] {
        _ = try client.call(
          TokenGet.self, TokenGet.Params(profile: profile, timeout: 60, forceRefresh: force))
      }
    }
    let missing = try house.learn()
    #expect(missing.isEmpty, "the wire carried none of these, so nothing is shown of them")
    try await house.learnFromVault()
    let guarded = house.canaries.filter { Self.guarded.contains($0.kind) }
    #expect(Set(guarded.map(\.kind)) == Self.guarded)
    // A connection to an issuer holds what it read last until it is closed for being idle.
    let pid = try #require(house.pid)
    let image = try MemoryImage.settled(pid) { image in
      guarded.allSatisfy { image.count($0.bytes).open == 0 }
    }
    let bytes = try core.force(pid) { house.stop(signal: SIGABRT) }

    func count(_ canary: Canary) -> Int {
      bytes.withUnsafeBytes { MemoryImage.occurrences(of: canary.bytes, in: $0) }
    }
    for canary in guarded {
      #expect(count(canary) == 0, "\(canary.kind) is in the core")
    }
    // They were there, each session's tokens and every key; the core is whole, and the search finds.
    let held = guarded.filter { image.count($0.bytes).guarded > 0 }
    #expect(held.count >= 12)
    let marks = house.canaries.filter { $0.kind == "device token" }
    #expect(marks.contains { count($0) > 0 }, "the heap is not in it")
    #expect(bytes.starts(with: [0x7F] + Array("ELF".utf8)))
    print(
      "core: \(bytes.count >> 20) MiB, \(guarded.count) secrets of \(Self.guarded.count) kinds, "
        + "\(held.count) of them in guarded memory, 0 in the core; "
        + "\(marks.reduce(0) { $0 + count($1) }) device tokens")
  }
}
