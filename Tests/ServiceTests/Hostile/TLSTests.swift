// Issuers that fail at TLS, against the real daemon: no certificate but a good one is taken, and
// whatever goes wrong in a handshake is said to have.

import BrokerInterface
import Crypto
import Foundation
import JSON
import JSONRPC
import NIOSSL
import RemedyClient
import TestSupport
import Testing
import X509

@Suite("An issuer that fails at TLS", .serialized)
struct TLSTests {
  private struct Row {
    var name: String
    var port: Int
    /// What ends the call; with words that must be in its message.
    var reason = Reason.issuerUnavailable
    var words = ""
  }

  @Test("is unavailable, with the reason, and never trusted: certificates, versions, handshakes")
  func rows() throws {
    let authority = try TestAuthority("An authority that is trusted")
    let stranger = try TestAuthority("An authority that nobody knows")
    let caFile = "/tmp/remedy-ca-\(UUID().uuidString.prefix(8)).pem"
    try authority.write(to: caFile)
    chmod(caFile, 0o644)
    defer { try? FileManager.default.removeItem(atPath: caFile) }
    // Metadata of nobody: whoever reads it is through the handshake.
    let text = #"{"issuer": "nobody"}"#

    var servers: [TroubledTLS] = []
    var sockets: [RawServer] = []
    defer {
      for server in servers { server.stop() }
      for socket in sockets { socket.stop() }
    }
    func tls(
      _ name: String, _ server: (Certificate, P256.Signing.PrivateKey), newest: TLSVersion? = nil,
      words: String = "TLS"
    ) throws -> Row {
      let server = try TroubledTLS(server, newest: newest, says: text)
      servers.append(server)
      return Row(name: name, port: server.port, words: words)
    }
    func raw(_ name: String, _ steps: [RawStep], reason: Reason = .issuerUnavailable) throws -> Row
    {
      let socket = try RawServer(greeting: steps)
      sockets.append(socket)
      return Row(name: name, port: socket.port, reason: reason)
    }
    let rows = [
      // The one that is good gets as far as what it says.
      try tls("good", authority.server(host: "localhost"), words: "another issuer, nobody"),
      try tls(
        "expired", authority.server(host: "localhost", days: -1),
        words: "TLS failed: certificate verify failed"),
      try tls("not yet valid", authority.server(host: "localhost", days: 100)),
      try tls("for another name", authority.server(host: "elsewhere.example")),
      try tls("for a name that this one ends with", authority.server(host: "ocalhost")),
      try tls("of a stranger", stranger.server(host: "localhost")),
      try tls("of TLS 1.1", authority.server(host: "localhost"), newest: .tlsv11),
      try tls("of TLS 1.0", authority.server(host: "localhost"), newest: .tlsv1),
      try raw("hangs up at the hello", [.close]),
      try raw("resets at the hello", [.reset]),
      try raw("answers in HTTP", [.json(["issuer": "x"]), .close]),
      try raw("alerts", [.send([21, 3, 3, 0, 2, 2, 40]), .close]),
      try raw("sends a handshake of nonsense", [.send([22, 3, 3, 0, 4, 2, 0, 0, 0]), .close]),
      try raw("sends half a record", [.send([22, 3, 3, 0xFF]), .close]),
      try raw("sends bytes of chance", [.send((0..<2000).map { UInt8($0 * 7 % 251) }), .close]),
      try raw("never answers the hello", [.silence], reason: .timeout),
    ]
    var configuration = "[limits]\nconnections_per_uid = 100\ntransactions_per_uid = 100\n"
    for (number, row) in rows.enumerated() {
      configuration += PlainIssuer.profile(
        "t\(number)", issuer: "https://localhost:\(row.port)", settings: "ca_file = \"\(caFile)\"")
    }
    let broker = try BrokerProcess(configuration: configuration)
    let client = try broker.client()
    _ = try client.call(PromptAttach.self, PromptAttach.Params())
    for (number, row) in rows.enumerated() {
      var failure: RPCError?
      do {
        _ = try client.call(
          SessionLogin.self, SessionLogin.Params(profile: "t\(number)", timeout: 3))
      } catch {
        if case .refused(let error) = error { failure = error }
      }
      let said = failure?.message ?? "signed in"
      #expect(!said.contains("/"), "\(row.name) names a file: \(said)")
      #expect(failure?.reason == row.reason, "\(row.name): \(said)")
      #expect(row.words.isEmpty || said.contains(row.words), "\(row.name): \(said)")
    }
    #expect(broker.isRunning)
  }

  @Test("is spoken to by HTTP/1.1, where it would rather have HTTP/2")
  func versionOfHTTP() throws {
    let authority = try TestAuthority("An authority that is trusted")
    let caFile = "/tmp/remedy-ca-\(UUID().uuidString.prefix(8)).pem"
    try authority.write(to: caFile)
    defer { try? FileManager.default.removeItem(atPath: caFile) }
    let server = try TroubledTLS(
      authority.server(host: "localhost"), protocols: ["h2", "http/1.1"],
      says: #"{"issuer": "nobody"}"#)
    defer { server.stop() }
    let broker = try BrokerProcess(
      configuration: PlainIssuer.profile(
        "t", issuer: "https://localhost:\(server.port)", settings: "ca_file = \"\(caFile)\""))
    let client = try broker.client()
    _ = try client.call(PromptAttach.self, PromptAttach.Params())
    var failure: RPCError?
    do {
      _ = try client.call(SessionLogin.self, SessionLogin.Params(profile: "t", timeout: 3))
    } catch {
      if case .refused(let error) = error { failure = error }
    }
    #expect(failure?.message.contains("another issuer, nobody") == true)
    #expect(server.heard == "GET /.well-known/openid-configuration HTTP/1.1")
  }
}
