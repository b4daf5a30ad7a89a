// Issuers that misbehave when they are told of tokens that are over. A sign-out succeeds whatever they
// do; what they have not taken stays on disk and is told again, ever more seldom, over a kill too,
// until they are honest.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import Synchronization
import TestSupport
import Testing

@Suite("An issuer that misbehaves as tokens are given back", .serialized)
struct HostileRevocationTests {
  @Test(
    "loses none: each is revoked, or kept and told again, over a kill, until the issuer is honest")
  func everyMisbehaviour() async throws {
    let elsewhere = try RawServer { _ in [.json([:])] }
    defer { elsewhere.stop() }
    let mint = try TokenMint()
    let issuers = try Misbehaviour.table(elsewhere: elsewhere.origin).map { try Issuer($0, mint) }
    defer { for issuer in issuers { issuer.row.server?.stop() } }
    var configuration = "[limits]\nconnections_per_uid = 1000\ntransactions_per_uid = 1000\n"
    for (number, issuer) in issuers.enumerated() {
      configuration += PlainIssuer.profile("r\(number)", issuer: issuer.row.origin)
    }
    let broker = try BrokerProcess(configuration: configuration)
    let socket = broker.socket
    let before = try broker.residentKilobytes()
    let start = ContinuousClock.now
    let ends = await Crowd.run(issuers.count, threads: 16) { number in
      HostileIssuerTests.Walk(socket, "r\(number)", .revocation, 10).run()
    }

    // Failures in a row double the pause, from a second on.
    let passed = (ContinuousClock.now - start) / .seconds(1)
    let most = 3 + Int(log2(passed + 1))
    let kept = try Self.queues(broker)
    for (number, (issuer, end)) in zip(issuers, ends).enumerated() {
      let name = issuer.row.behaviour.name
      #expect(
        end == Self.queued || issuer.mayHaveTaken && end == Self.revoked, "\(name): \(end.words)")
      // One that may have taken it at the second time has perhaps done so by now.
      if !issuer.mayHaveTaken { #expect(kept.contains("r\(number)"), "\(name) was forgotten") }
      #expect((1...most).contains(issuer.asked.count), "\(name): asked \(issuer.asked.count) times")
    }
    #expect(try broker.residentKilobytes(atMost: true) - before < 64 * 1024)
    #expect(broker.isRunning)

    broker.stop(signal: SIGKILL)
    for issuer in issuers { issuer.reform() }
    try broker.start()
    let client = try broker.client()
    let deadline = Deadline.after(seconds: 30)
    while !(try Self.queues(broker).isEmpty), !deadline.hasPassed {
      _ = try client.call(BrokerInfo.self, BrokerInfo.Params())
    }
    #expect(try Self.queues(broker) == [])
    for issuer in issuers {
      let taken = issuer.mayHaveTaken ? issuer.asked + issuer.taken : issuer.taken
      #expect(Set(taken) == Set(issuer.given), "\(issuer.row.behaviour.name)")
      #expect(issuer.given.count == 2)
      for token in issuer.given { #expect(broker.logged.range(of: Data(token.utf8)) == nil) }
    }
    #expect(elsewhere.connections == 0, "a token was sent where a redirect points")
    let sums = Dictionary(grouping: ends, by: \.words).map { "\($1.count) \($0)" }.sorted()
    print(
      "revocation, \(issuers.count) rows: \(sums.joined(separator: ", ")); asked at most "
        + "\(issuers.map(\.asked.count).max() ?? 0) times within \(Int(passed)) s")
  }

  private static let revoked = HostileIssuerTests.End.signedOut(isRevoked: true, isQueued: false)
  private static let queued = HostileIssuerTests.End.signedOut(isRevoked: false, isQueued: true)

  /// The profiles that have something to be revoked on disk.
  private static func queues(_ broker: BrokerProcess) throws -> Set<String> {
    let names = try FileManager.default.contentsOfDirectory(atPath: broker.folder.path + "/state")
    return Set(
      names.filter { $0.hasPrefix("revocation.") && $0.hasSuffix(".record") }.map {
        String($0.split(separator: ".")[2])
      })
  }

  /// An issuer that misbehaves when it is told of tokens, until it is reformed.
  private struct Issuer: Sendable {
    let row: HostileIssuerTests.Row
    private let notes: Notes

    private struct Told {
      var given: [String] = []
      var asked: [String] = []
      var taken: [String] = []
      var isReformed = false
    }

    private final class Notes: Sendable {
      let told = Mutex(Told())
    }

    init(_ behaviour: Misbehaviour, _ mint: TokenMint) throws {
      let notes = Notes()
      self.notes = notes
      row = try HostileIssuerTests.Row(behaviour, .revocation, mint) { call, request, honest in
        notes.told.withLock { told in
          switch call {
          case .token:
            told.given = ["refresh_token", "access_token"].compactMap { honest[$0]?.string }
            return false
          case .revocation:
            let token = request.form["token"] ?? ""
            if told.isReformed { told.taken.append(token) } else { told.asked.append(token) }
            return !told.isReformed
          default:
            return false
          }
        }
      }
    }

    func reform() { notes.told.withLock { $0.isReformed = true } }

    /// The tokens that it gave, the refresh token first.
    var given: [String] { notes.told.withLock { $0.given } }
    /// Those that it was told of while it misbehaved, and since.
    var asked: [String] { notes.told.withLock { $0.asked } }
    var taken: [String] { notes.told.withLock { $0.taken } }

    /// Whether it answers that it has taken the token: by the status of a success, whatever follows
    /// (RFC 7009 §2.2). Nothing here is a refusal for good.
    var mayHaveTaken: Bool {
      switch row.behaviour.steps([:]).first {
      // So short an answer comes to its end byte by byte, too.
      case .drip: true
      case .send(let bytes):
        !row.behaviour.isSilent && bytes.starts(with: Array("HTTP/1.1 2".utf8))
      default: false
      }
    }
  }
}
