// An issuer behind TLS that can stop in the middle of it: what it sends goes through TLS, or past it,
// bare, as from somebody who sits on the line.

import Crypto
import Foundation
import JSON
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import X509

/// Serves a `PlainIssuer` over TLS at a free port of 127.0.0.1.
final class TLSIssuer: Sendable {
  /// What becomes of one request.
  enum Fate: Sendable {
    case answered
    /// An answer that lasts until the connection ends, which it does without TLS having ended.
    case cutOff
    /// Half an answer, and then bytes on the line that no TLS has made.
    case spoilt
  }

  private struct State {
    var isSilent = false
    var fates: [Fate] = []
    var refreshes = 0
    var connections: [any Channel] = []
  }

  let port: Int
  var origin: String { "https://localhost:\(port)" }
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let notes: Notes

  /// What the connections share.
  private final class Notes: Sendable {
    let state = Mutex(State())
  }

  init(_ server: (certificate: Certificate, key: P256.Signing.PrivateKey)) throws {
    let context = try NIOSSLContext(
      configuration: TLSConfiguration.makeServerConfiguration(
        certificateChain: [
          .certificate(
            try NIOSSLCertificate(
              bytes: Array(server.certificate.serializeAsPEM().pemString.utf8), format: .pem))
        ],
        privateKey: .privateKey(
          try NIOSSLPrivateKey(bytes: Array(server.key.pemRepresentation.utf8), format: .pem))))
    let issuer = PlainIssuer(try TokenMint())
    let notes = Notes()
    self.notes = notes
    channel = try ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let isSilent = notes.state.withLock { state in
            state.connections.append(channel)
            return state.isSilent
          }
          guard !isSilent else { return }
          let line = channel.pipeline.syncOperations
          try line.addHandler(Line(), name: Line.name)
          try line.addHandler(NIOSSLServerHandler(context: context))
          try line.addHandler(
            Answering { request, port in
              let call = IssuerCall(request)
              let fate = notes.state.withLock { state -> Fate in
                guard call == .refresh else { return .answered }
                state.refreshes += 1
                return state.fates.isEmpty ? .answered : state.fates.removeFirst()
              }
              let honest = call.flatMap {
                issuer.answer($0, request, origin: "https://localhost:\(port)")
              }
              return (JSONWriter.bytes(honest ?? ["error": "not_found"]), fate)
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
    port = channel.localAddress?.port ?? 0
  }

  /// How many refreshes it was asked for.
  var refreshes: Int { notes.state.withLock { $0.refreshes } }

  /// What becomes of the next refreshes.
  func next(_ fates: Fate...) { notes.state.withLock { $0.fates += fates } }

  /// From now on connections are accepted, and nothing is said on them; those that there are end.
  func fallSilent() {
    let connections = notes.state.withLock { state in
      state.isSilent = true
      return state.connections
    }
    for connection in connections { try? connection.close().wait() }
  }

  func stop() {
    try? channel.close().wait()
    try? group.syncShutdownGracefully()
  }
}

/// Stands between TLS and the network, for what goes past TLS.
private final class Line: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  static let name = "line"
}

/// Takes requests as they come, and answers each with one body.
private final class Answering: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let respond: (RawRequest, Int) -> ([UInt8], TLSIssuer.Fate)
  private var received: [UInt8] = []

  init(_ respond: @escaping (RawRequest, Int) -> ([UInt8], TLSIssuer.Fate)) {
    self.respond = respond
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    while let request = RawRequest(from: &received) {
      let (body, fate) = respond(request, context.channel.localAddress?.port ?? 0)
      let length = fate == .cutOff ? nil : body.count
      var answer = ByteBuffer(string: HTTPText.head(200, length: length))
      answer.writeBytes(fate == .answered ? body[...] : body.prefix(body.count / 2))
      context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
      guard fate != .answered,
        let line = try? context.pipeline.syncOperations.context(name: Line.name)
      else { continue }
      if fate == .spoilt {
        line.writeAndFlush(
          NIOAny(ByteBuffer(bytes: [23, 3, 3, 0, 32] + Array(1...32))), promise: nil)
      }
      line.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
