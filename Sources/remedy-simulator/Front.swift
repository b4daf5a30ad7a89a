// The organisation behind HTTP. One actor owns it, so requests are answered one after the other; an
// answer that is held back by a fault waits outside the actor and keeps nobody else waiting.

import FoundationEssentials
import Glibc
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import IdentityEngineSimulator
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// The one that all requests go through.
actor Front {
  private var organisation: Organisation

  init(_ organisation: Organisation) { self.organisation = organisation }

  private func respond(to request: SimulatedRequest) -> SimulatedResponse {
    organisation.respond(to: request, now: Date())
  }

  private func move(to origin: String) { organisation.origin = origin }

  /// Serves until the process is ended. `ready` is called once with the port, and says under which
  /// origin the organisation is reached.
  nonisolated func serve(
    address: String, port: Int, tls: TLSConfiguration?,
    ready: @escaping @Sendable (Int) -> String
  ) async throws {
    var logger = Logger(label: "remedy-simulator")
    logger.logLevel = .critical
    let http = HTTPServerBuilder.http1()
    let builder = try tls.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0) } ?? http
    let server = try builder.buildServer(
      configuration: ServerConfiguration(address: .hostname(address, port: port)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
    ) { request, writer, channel in
      try await self.answer(request, writer, on: channel)
    } onServerRunning: { channel in
      await self.move(to: ready(channel.localAddress?.port ?? port))
    }
    try await server.run()
  }

  private nonisolated func answer(
    _ request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
  ) async throws {
    var request = request
    let body = try? await request.collectBody(upTo: Front.largestBody)
    guard let body else {
      try await writer.writeResponse(
        HTTPResponse(status: .contentTooLarge, headerFields: [.contentLength: "0"]))
      return
    }
    let response = await respond(
      to: SimulatedRequest(
        method: request.method, target: request.head.path ?? "/", headers: request.headers,
        body: Array(buffer: body)))
    switch response.delivery {
    case .now:
      break
    case .after(let duration):
      try await Task.sleep(for: duration)
    case .never:
      try await channel.closeFuture.get()
      throw Withheld()
    case .reset:
      try await reset(channel)
      throw Withheld()
    }
    var headers = response.headers
    headers[.contentLength] = String(response.body.count)
    try await writer.write(
      response: HTTPResponse(
        status: HTTPResponse.Status(code: response.status), headerFields: headers),
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
  }

  /// Closes with RST rather than FIN, as a connection dies in a middlebox.
  private nonisolated func reset(_ channel: any Channel) async throws {
    let linger = linger(l_onoff: 1, l_linger: 0)
    try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger).get()
    try await channel.close()
  }

  private static let largestBody = 1 << 20

  /// Ends a connection on which nothing is to be said.
  private struct Withheld: Error {}
}
