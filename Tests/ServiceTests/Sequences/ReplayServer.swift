// All replayed issuers behind one port of loopback: each has a folder of its own, and what the
// engine has in one place for all, the introspection, is told apart by the handle.

import Foundation
import Hummingbird
import Logging
import JSON
import NIOCore
import TestSupport

/// Serves until it is stopped.
final class ReplayServer: Sendable {
  let issuers: [ReplayedIssuer]
  private let running: Task<Void, any Error>

  /// Starts on a free port, and makes the issuers when that is known.
  init(_ recordings: [Recording]) async throws {
    let mint = try TokenMint()
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let table = IssuerTable()
    let responder = CallbackResponder<BasicRequestContext> { request, _ in
      let body = try await request.body.collect(upTo: 1 << 20)
      let answer = table.respond(
        request.method.rawValue, request.uri.path, Array(buffer: body))
      return Response(
        status: .init(code: answer.status), headers: [.contentType: answer.contentType],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
    var logger = Logger(label: "replay")
    logger.logLevel = .critical
    let application = Application(
      responder: responder,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        found.yield(channel.localAddress?.port ?? 0)
        found.finish()
      }, logger: logger)
    running = Task { try await application.run() }
    var port = 0
    for await found in ports { port = found }
    guard port != 0 else { throw Trouble("no port to replay at") }
    issuers = recordings.enumerated().map { number, recording in
      ReplayedIssuer(
        recording, origin: "http://127.0.0.1:\(port)/\(Self.folder(number))", mint: mint)
    }
    table.issuers = issuers
  }

  static func folder(_ number: Int) -> String { "s\(number + 1)" }

  func stop() { running.cancel() }
}

/// Finds whose request it is.
///
/// `@unchecked Sendable`: filled once, before anybody is told the address.
private final class IssuerTable: @unchecked Sendable {
  var issuers: [ReplayedIssuer] = []

  func respond(_ method: String, _ path: String, _ body: [UInt8]) -> ReplayedAnswer {
    if path == "/idp/idx/introspect" {
      let handle = (try? JSONParser.parse(body))?["interactionHandle"]?.string ?? ""
      let issuer = issuers.first { $0.knows(handle: handle) }
      return issuer?.respond(method, path, body) ?? ReplayedAnswer(400, json: ["error": "unknown"])
    }
    let parts = path.dropFirst().split(separator: "/", maxSplits: 1)
    guard let folder = parts.first, let number = Int(folder.dropFirst()),
      issuers.indices.contains(number - 1), parts.count == 2
    else { return ReplayedAnswer(404, json: ["error": "nobody is here"]) }
    return issuers[number - 1].respond(method, "/" + parts[1], body)
  }
}
