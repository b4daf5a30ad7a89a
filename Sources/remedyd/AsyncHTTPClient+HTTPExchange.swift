// The way out, by AsyncHTTPClient: TLS with the system's roots and the profile's own, HTTP/1.1, no
// redirects, one deadline a request, a bound on the body.

internal import AsyncHTTPClient
internal import Glibc
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization
internal import TokenBroker

/// HTTP for the broker, one client for each set of trust roots.
final class Outbound: HTTPExchange {
  private let group: any EventLoopGroup
  private let clients = Mutex<[String?: HTTPClient]>([:])

  init(group: any EventLoopGroup) {
    self.group = group
  }

  func send(
    _ request: HTTPRequest, body: [UInt8], caFile: String?, timeout: Duration
  ) async throws(ExchangeFault) -> ExchangeAnswer {
    let client = try client(caFile)
    guard let scheme = request.scheme, let authority = request.authority else {
      throw .broken("a request without an address")
    }
    var outgoing = HTTPClientRequest(url: scheme + "://" + authority + (request.path ?? "/"))
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    for field in request.headerFields {
      outgoing.headers.add(name: field.name.canonicalName, value: field.value)
    }
    if !body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
    do {
      return try await Self.answer(to: outgoing, by: client, within: timeout)
    } catch {
      let fault = ExchangeFault(error)
      guard case .noConnection(let why) = fault else { throw fault }
      throw .noConnection("\(why) (\(authority))")
    }
  }

  /// The whole answer. The client's own deadline would end with the head of it: an issuer that stops
  /// in the body would hold the request for ever.
  private static func answer(
    to request: HTTPClientRequest, by client: HTTPClient, within timeout: Duration
  ) async throws -> ExchangeAnswer {
    try await withThrowingTaskGroup(of: ExchangeAnswer?.self) { group in
      group.addTask { try await answer(to: request, by: client) }
      group.addTask {
        try await Task.sleep(for: timeout, clock: .suspending)
        return nil
      }
      // Whoever is second is cut short, and what it brings then is nobody's.
      defer { group.cancelAll() }
      guard let answer = try await group.next() ?? nil else { throw ExchangeFault.timedOut }
      return answer
    }
  }

  private static func answer(
    to request: HTTPClientRequest, by client: HTTPClient
  ) async throws -> ExchangeAnswer {
    let response = try await client.execute(request, deadline: .distantFuture)
    let bytes = try await response.body.collect(upTo: ExchangeAnswer.maximumBody)
    var headers = HTTPFields()
    for (name, value) in response.headers {
      if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
    }
    return ExchangeAnswer(
      status: Int(response.status.code), headers: headers, body: Array(buffer: bytes))
  }

  private func client(_ caFile: String?) throws(ExchangeFault) -> HTTPClient {
    if let client = clients.withLock({ $0[caFile] }) { return client }
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let caFile {
      // Beside the system's roots, not in their place.
      do {
        tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(caFile))]
      } catch {
        throw .tls("\(caFile) is no PEM file with certificates")
      }
    }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow)
    // HTTP/2 would gain nothing where an issuer is asked one thing at a time, and what bounds an answer
    // (`AnswerLimit` too) is made for HTTP/1.1: so none of the ways to abuse HTTP/2 is here.
    configuration.httpVersion = .http1Only
    configuration.timeout.connect = .seconds(10)
    configuration.connectionPool.retryConnectionEstablishment = false
    // A connection holds on to the bytes that it read last, and among them may be tokens.
    configuration.connectionPool.idleTimeout = .seconds(10)
    // Nothing is asked for compressed, so that no answer can be a bomb.
    configuration.decompression = .disabled
    configuration.http1_1ConnectionDebugInitializer = { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(AnswerLimit(), position: .first)
      }
    }
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    let (kept, isOurs) = clients.withLock { clients -> (HTTPClient, Bool) in
      if let present = clients[caFile] { return (present, false) }
      clients[caFile] = client
      return (client, true)
    }
    if !isOurs { Task { try? await client.shutdown() } }
    return kept
  }

  func shutdown() async {
    let all = clients.withLock { clients in
      defer { clients = [:] }
      return Array(clients.values)
    }
    for client in all { try? await client.shutdown() }
  }
}

extension ExchangeFault {
  /// `noConnection` and `tls` are for what surely went wrong before a request left: after those a
  /// refresh token is used again as if nothing had been.
  init(_ error: any Error) {
    switch error {
    case let fault as ExchangeFault:
      self = fault
    case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
      self = .timedOut
    case let error as HTTPClientError
    where error == .connectTimeout || error == .getConnectionFromPoolTimeout:
      self = .noConnection("none came about in time")
    case let error as HTTPClientError where error == .tlsHandshakeTimeout:
      self = .tls("no handshake in time")
    case is NIOTooManyBytesError:
      self = .tooLarge
    case let error as NIOConnectionError:
      self = .noConnection(Self.obstacle(error.connectionErrors.first?.error ?? error))
    case let error as IOError where error.errnoCode == ECONNREFUSED:
      self = .noConnection(Self.obstacle(error))
    case ChannelError.connectTimeout, ChannelError.connectPending:
      self = .noConnection(Self.obstacle(error))
    case let error as NIOSSLError where error.isOfTheHandshake:
      self = .tls(Self.reasons(error))
    case let error as NIOSSLExtraError where error.isOfTheHandshake:
      self = .tls(Self.reasons(error))
    default:
      self = .broken(Self.reasons(error))
    }
  }

  /// What was in the way, in the system's words: those around them are of the library alone.
  private static func obstacle(_ error: any Error) -> String {
    switch error {
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode)).lowercased()
    case let error as NIOConnectionError where error.dnsAError is SocketAddressError.UnknownHost:
      "there is no such host"
    case ChannelError.connectTimeout: "none came about in time"
    default: "\(error)"
    }
  }

  /// What the TLS library says, without where in its source it says so: of
  /// `error:…:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at FILE:LINE` the words in capitals.
  private static func reasons(_ error: any Error) -> String {
    let text = "\(error)"
    let reasons = text.split(separator: "OPENSSL_internal:").dropFirst().map { part in
      part.prefix { $0 != " " }.lowercased().split(separator: "_").joined(separator: " ")
    }
    if let other = text.firstRange(of: "[Error: "), reasons.isEmpty {
      return text[other.upperBound...].prefix { $0 != "]" }.trimmingPrefix(" ").lowercased()
    }
    return reasons.isEmpty ? text : reasons.joined(separator: ", ")
  }
}

extension NIOSSLError {
  /// Whether no request can have been sent. What goes wrong later has other cases, or is a
  /// `BoringSSLError` by itself.
  fileprivate var isOfTheHandshake: Bool {
    switch self {
    case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate,
      .cannotMatchULabel, .cannotFindPeerIP, .failedToLoadCertificate, .failedToLoadPrivateKey,
      .noSuchFilesystemObject:
      true
    default: false
    }
  }
}

extension NIOSSLExtraError {
  fileprivate var isOfTheHandshake: Bool {
    [
      .failedToValidateHostname, .serverHostnameImpossibleToMatch, .cannotUseIPAddressInSNI,
      .invalidSNIHostname,
    ].contains(self)
  }
}
