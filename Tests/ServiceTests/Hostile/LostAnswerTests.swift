// What the daemon makes of a refresh whose answer does not come. After a request that never left, the
// refresh token is as good as it was, however long ago that is; one that may have arrived is
// repeated within the issuer's grace, and is not used any more when that is over.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import Synchronization
import TestSupport
import Testing

@Suite("A refresh that gets no answer", .serialized)
struct LostAnswerTests {
  /// Why no request leaves.
  enum Absence: String, CaseIterable {
    case refused = "the connection is refused"
    case dropped = "what is sent is dropped"
    case silent = "nobody answers the TLS handshake"
  }

  @Test(
    "costs nothing where no request left, though the machine sleeps for hours after it",
    arguments: Absence.allCases)
  func neverSent(_ absence: Absence) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "remedy-clock-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let clock = try JumpingClock(in: folder)
    let stand: Stand = try absence == .silent ? .encrypted(in: folder) : .plain()
    defer { stand.stop() }
    let broker = try BrokerProcess(
      configuration: stand.profile, environment: clock.environment)
    try broker.signIn()
    switch (absence, stand) {
    case (.refused, .plain(let server)): server.stop()
    case (.dropped, .plain(let server)): server.dropAll()
    case (_, .encrypted(let issuer, _)): issuer.fallSilent()
    default: Issue.record("nothing goes wrong")
    }
    let client = try broker.client()
    do throws(CallFault) {
      _ = try client.call(
        TokenGet.self, TokenGet.Params(profile: "lost", timeout: 60, forceRefresh: true))
      Issue.record("there is a token from nowhere")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.reason == .issuerUnavailable, "\(refusal)")
    }
    try clock.jump()
    let session = try client.call(SessionList.self, SessionList.Params()).sessions.first
    #expect(session?.refreshable == true)
  }

  @Test(
    "is asked for once more, and at once, where TLS breaks after the request",
    arguments: [TLSIssuer.Fate.cutOff, .spoilt])
  func brokenLater(_ fate: TLSIssuer.Fate) throws {
    let folder = FileManager.default.temporaryDirectory
    let stand = try Stand.encrypted(in: folder)
    defer { stand.stop() }
    guard case .encrypted(let issuer, _) = stand else { return }
    let broker = try BrokerProcess(configuration: stand.profile)
    try broker.signIn()
    issuer.next(fate)
    _ = try broker.client().call(
      TokenGet.self, TokenGet.Params(profile: "lost", timeout: 60, forceRefresh: true))
    #expect(issuer.refreshes == 2)
  }

  @Test("is asked for once more where the answer stops in the middle of its body")
  func stopped() throws {
    let asked = Atomic(0)
    let stand = try Stand.plain { call, honest in
      guard call == .refresh, asked.wrappingAdd(1, ordering: .relaxed).newValue == 1 else {
        return [.json(honest)]
      }
      let bytes = JSONWriter.bytes(honest)
      return [
        .text(HTTPText.head(200, length: bytes.count)), .send(Array(bytes.dropLast())), .silence,
      ]
    }
    defer { stand.stop() }
    let broker = try BrokerProcess(configuration: stand.profile)
    try broker.signIn()
    _ = try broker.client().call(
      TokenGet.self, TokenGet.Params(profile: "lost", timeout: 60, forceRefresh: true))
    #expect(asked.load(ordering: .relaxed) == 2)
  }

  /// An issuer, and what the broker is told of it.
  enum Stand {
    case plain(RawServer)
    case encrypted(TLSIssuer, caFile: String)

    static func plain(
      _ twist: @escaping @Sendable (IssuerCall, JSONValue) -> [RawStep] = { [.json($1)] }
    ) throws -> Stand {
      let issuer = PlainIssuer(try TokenMint())
      return .plain(
        try RawServer { request in
          let host = request.head.components(separatedBy: "\r\n").first {
            $0.lowercased().hasPrefix("host: ")
          }
          guard let call = IssuerCall(request), let host,
            let honest = issuer.answer(call, request, origin: "http://" + host.dropFirst(6))
          else { return [.json(["error": "not_found"], status: 404)] }
          return twist(call, honest)
        })
    }

    static func encrypted(in folder: URL) throws -> Stand {
      let authority = try TestAuthority("An authority that is trusted")
      let caFile = folder.appendingPathComponent("ca-\(UUID().uuidString.prefix(8)).pem").path
      try authority.write(to: caFile)
      chmod(caFile, 0o644)
      return .encrypted(try TLSIssuer(authority.server(host: "localhost")), caFile: caFile)
    }

    var profile: String {
      switch self {
      case .plain(let server): PlainIssuer.profile("lost", issuer: server.origin)
      case .encrypted(let issuer, let caFile):
        PlainIssuer.profile(
          "lost", issuer: issuer.origin, settings: "ca_file = \"\(caFile)\"")
      }
    }

    func stop() {
      switch self {
      case .plain(let server): server.stop()
      case .encrypted(let issuer, let caFile):
        issuer.stop()
        try? FileManager.default.removeItem(atPath: caFile)
      }
    }
  }
}

extension BrokerProcess {
  /// Signs Ann in, who is asked for her name and nothing more.
  fileprivate func signIn() throws {
    let client = try client()
    let person = try Person(client: self.client())
    _ = try client.start(SessionLogin.self, SessionLogin.Params(profile: "lost", timeout: 60))
    let outcome = try person.answer(
      person.nextPrompt(), "identify", ["identifier": .string(Ann.name)])
    guard outcome.outcome == .completed else { throw Trouble("\(outcome)") }
  }
}
