// What lies where in the running broker's memory: secrets at rest in guarded memory and nowhere else,
// what passed through libraries gone, and after a sign-out nothing at all.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import Secrets
import Testing
import TokenVault

@Suite(
  "Secrets in the memory of the real broker", .serialized,
  .enabled(if: geteuid() == 0, "only root may read the broker's memory"))
struct MemoryTests {
  /// What is known of a household's secrets, from its files.
  private struct Known {
    var refreshToken: [UInt8]
    var others: [(kind: String, bytes: [UInt8])]
  }

  @Test("at rest they are in guarded memory only, and after a sign-out nowhere")
  func places() async throws {
    let clientSecret = "memory-client-secret-" + UUID().uuidString
    let seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    let household = try Self.household(clientSecret: clientSecret, seed: seed)
    try household.signIn()
    let client = try household.client()
    for _ in 0..<3 { try household.refresh() }
    var token = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    for _ in 0..<10_000 {
      token = try client.call(TokenGet.self, TokenGet.Params(profile: "demo"))
    }
    let accessToken = token.accessToken.exposedBytes()
    var known = try await Self.known(household)
    known.others += [
      ("client secret", Array(clientSecret.utf8)), ("TOTP seed", Array(seed.utf8)),
    ]

    // After a sign-in, refreshes over TLS, and 10,000 answers.
    let pid = try #require(household.daemonPID)
    let busy = try MemoryImage.settled(pid) { image in
      image.count(accessToken).open == 0 && image.count(known.refreshToken).open == 0
    }
    report("after 10,000 answers", busy, known, accessToken)
    let live = busy.count(accessToken)
    #expect(live.guarded + live.open <= 2)
    expectGuarded(busy, known)

    // Idle, after a start from the disk.
    household.stopDaemon(signal: SIGKILL)
    try household.startDaemon()
    let idle = try MemoryImage(of: try #require(household.daemonPID))
    report("idle after a start", idle, known, accessToken)
    #expect(idle.count(accessToken).open == 0)
    #expect(idle.count(known.refreshToken) == MemoryImage.Count(guarded: 1, open: 0))
    expectGuarded(idle, known)

    _ = try household.client().call(SessionLogout.self, SessionLogout.Params(profile: "demo"))
    let gone = try MemoryImage.settled(try #require(household.daemonPID)) { image in
      image.count(accessToken) == MemoryImage.Count()
        && image.count(known.refreshToken) == MemoryImage.Count()
    }
    report("after a sign-out", gone, known, accessToken)
    #expect(gone.count(accessToken) == MemoryImage.Count())
    #expect(gone.count(known.refreshToken) == MemoryImage.Count())
  }

  @Test("the look into memory finds what lies there, and tells guarded from other memory")
  func finds() throws {
    let text = "a-needle-" + UUID().uuidString
    let secret = Secret(text)
    let copy = Array(text.utf8)
    let image = try MemoryImage(of: getpid())
    #expect(image.guardedBytes > 0)
    #expect(image.count(copy).guarded == 1)
    #expect(image.count(copy).open >= 1)
    withExtendedLifetime((secret, copy)) {}
  }

  private func expectGuarded(_ image: MemoryImage, _ known: Known) {
    #expect(image.count(known.refreshToken).open == 0)
    #expect(image.count(known.refreshToken).guarded >= 1)
    for (kind, bytes) in known.others { #expect(image.count(bytes).open == 0, "\(kind)") }
  }

  private func report(
    _ when: String, _ image: MemoryImage, _ known: Known, _ accessToken: [UInt8]
  ) {
    print(
      "memory \(when): access token \(image.count(accessToken)); refresh token "
        + "\(image.count(known.refreshToken)); "
        + known.others.map { "\($0.kind) \(image.count($0.bytes))" }.joined(separator: "; "))
  }

  private static func household(clientSecret: String, seed: String) throws -> Household {
    let scenario: JSONValue = [
      "name": "memory",
      "clients": [["client_id": "0oamemory", "client_secret": .string(clientSecret)]],
    ]
    let file = URL(fileURLWithPath: "/tmp/remedy-scenario-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(JSONWriter.bytes(scenario)).write(to: file)
    return try Household(scenario: file.path) { folder in
      func secret(_ name: String, _ text: String) throws -> String {
        let path = folder.appendingPathComponent(name)
        try text.write(to: path, atomically: true, encoding: .utf8)
        chmod(path.path, 0o600)
        return "file:" + path.path
      }
      return """
        client_auth = "client_secret_basic"
        client_secret = "\(try secret("client-secret", clientSecret))"
        [profile.seeded]
        issuer = "http://127.0.0.1:9"
        client_id = "0oa"
        redirect_uri = "http://127.0.0.1:8765/callback"
        [profile.seeded.answers]
        identifier = "\(Ann.name)"
        totp = "\(try secret("seed", seed))"
        """
    }
  }

  /// Reads the vault as the broker would, from a copy: an idle broker writes nothing meanwhile.
  private static func known(_ household: Household) async throws -> Known {
    let place = household.folder.path
    let key = KeySource.file(place + "/state/vault.key")
    let records = try await VaultCopy.read(place + "/state", into: place + "/copy", key: key)
    return Known(
      refreshToken: try #require(records["demo"]?[VaultCopy.refreshToken]),
      others: [("vault key", try key.read(credentialsDirectory: nil).exposedBytes())])
  }
}
