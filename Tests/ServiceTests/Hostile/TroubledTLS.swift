// A TLS server whose certificate is as a test wants it, good or bad.

import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import X509

/// An authority of a test's own.
struct TestAuthority {
  private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
  private let name: DistinguishedName
  let certificate: Certificate

  init(_ name: String) throws {
    self.name = try DistinguishedName { CommonName(name) }
    certificate = try Self.certificate(
      of: self.name, key.publicKey, by: self.name, key, days: 30, isAuthority: true, host: nil)
  }

  /// A server's certificate and key.
  ///
  /// - Parameter days: until when it holds; negative for one that has expired.
  func server(
    host: String, days: Double = 30
  ) throws -> (certificate: Certificate, key: P256.Signing.PrivateKey) {
    let own = P256.Signing.PrivateKey()
    let subject = try DistinguishedName { CommonName(host) }
    let certificate = try Self.certificate(
      of: subject, Certificate.PublicKey(own.publicKey), by: name, key, days: days,
      isAuthority: false, host: host)
    return (certificate, own)
  }

  private static func certificate(
    of subject: DistinguishedName, _ publicKey: Certificate.PublicKey,
    by issuer: DistinguishedName, _ key: Certificate.PrivateKey, days: Double, isAuthority: Bool,
    host: String?
  ) throws -> Certificate {
    let until = Date().addingTimeInterval(days * 86400)
    return try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
      notValidBefore: until.addingTimeInterval(-60 * 86400), notValidAfter: until, issuer: issuer,
      subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(
          isAuthority
            ? BasicConstraints.isCertificateAuthority(maxPathLength: nil)
            : BasicConstraints.notCertificateAuthority)
        SubjectAlternativeNames([.dnsName(host ?? "authority.example")])
      },
      issuerPrivateKey: key)
  }

  /// Writes the certificate where a configuration can name it.
  func write(to path: String) throws {
    try Data(certificate.serializeAsPEM().pemString.utf8).write(to: URL(fileURLWithPath: path))
  }
}

/// Serves TLS at a free port of 127.0.0.1, and one JSON text to whoever gets through the handshake.
final class TroubledTLS: Sendable {
  let port: Int
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let firstLine: FirstLine

  /// The first line that anybody said after a handshake: a request's, or the preface of HTTP/2.
  var heard: String? { firstLine.text.withLock { $0 } }

  /// - Parameters:
  ///   - newest: the newest version of TLS that it speaks.
  ///   - protocols: what it offers by ALPN (RFC 7301), what it likes best first.
  init(
    _ server: (certificate: Certificate, key: P256.Signing.PrivateKey),
    newest: TLSVersion? = nil, protocols: [String] = [], says text: String
  ) throws {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [
        .certificate(
          try NIOSSLCertificate(
            bytes: Array(server.certificate.serializeAsPEM().pemString.utf8), format: .pem))
      ],
      privateKey: .privateKey(
        try NIOSSLPrivateKey(bytes: Array(server.key.pemRepresentation.utf8), format: .pem)))
    configuration.minimumTLSVersion = .tlsv1
    configuration.maximumTLSVersion = newest
    configuration.applicationProtocols = protocols
    let context = try NIOSSLContext(configuration: configuration)
    let firstLine = FirstLine()
    self.firstLine = firstLine
    channel = try ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.addHandler(OneText(text, firstLine))
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
    port = channel.localAddress?.port ?? 0
  }

  func stop() {
    try? channel.close().wait()
    try? group.syncShutdownGracefully()
  }
}

private final class FirstLine: Sendable {
  let text = Mutex<String?>(nil)
}

/// Answers whatever comes with the same JSON text.
private final class OneText: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let text: String
  private let firstLine: FirstLine

  init(_ text: String, _ firstLine: FirstLine) {
    (self.text, self.firstLine) = (text, firstLine)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let line = unwrapInboundIn(data).readableBytesView.prefix { $0 != UInt8(ascii: "\r") }
    firstLine.text.withLock { $0 = $0 ?? String(decoding: line, as: UTF8.self) }
    let answer = HTTPText.head(200, length: text.utf8.count) + text
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
