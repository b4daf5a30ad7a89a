// One connection to a redirect URI: one request, one page, the end.

internal import NIOCore
internal import NIOHTTP1
internal import OAuth

/// Reads a request's head, has the callback in it judged, and answers with a page.
///
/// Lives on the server's event loop.
final class RedirectConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case waiting
    case judging
    case answering
    case closed
  }

  let number: Int
  let place: RedirectServer.Place
  private let channel: any Channel
  private let server: RedirectServer
  private var state = State.waiting
  private var deadline: Scheduled<Void>?

  init(number: Int, place: RedirectServer.Place, channel: any Channel, server: RedirectServer) {
    self.number = number
    self.place = place
    self.channel = channel
    self.server = server
  }

  /// Whether there has been a request.
  var hasAsked: Bool { state != .waiting }

  func prepare() throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteLimit(server.limits.bytes))
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withErrorHandling: false)
    try pipeline.addHandler(self)
    abandon(after: server.limits.request)
  }

  // MARK: The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = Self.unwrapInboundIn(data), state == .waiting else { return }
    abandon(after: server.limits.answer)
    let served = server.served(at: place)
    let request = RedirectRequest(
      method: head.method.rawValue, target: head.uri, hosts: head.headers["host"])
    switch request.judged(by: Array(served.keys)) {
    case .page(let page):
      answer(page)
    case .callback(let callback, let uri):
      guard let judge = served[uri] else { return answer(.noSuchPlace) }
      state = .judging
      // Whoever judges carries it along, and only the event loop looks at it.
      let eventLoop = channel.eventLoop
      let connection = NIOLoopBound(self, eventLoop: eventLoop)
      judge(callback) { verdict in
        eventLoop.execute { connection.value.judged(verdict) }
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    abandon()
  }

  func channelInactive(context: ChannelHandlerContext) {
    state = .closed
    deadline?.cancel()
    server.forget(self)
    context.fireChannelInactive()
  }

  // MARK: The answer

  private func judged(_ verdict: RedirectVerdict) {
    guard state == .judging else { return }
    answer(Page(verdict))
  }

  private func answer(_ page: Page) {
    state = .answering
    let body = page.html
    var headers = HTTPHeaders(Page.headers)
    headers.add(name: "Content-Length", value: String(body.utf8.count))
    if page.status == .methodNotAllowed { headers.add(name: "Allow", value: "GET") }
    let head = HTTPResponseHead(version: .http1_1, status: page.status, headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
    let channel = channel
    channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  // MARK: The end

  /// The address is closed: who has not asked goes, who has gets the answer yet.
  func retire() {
    hasAsked ? abandon(after: server.limits.farewell) : abandon()
  }

  /// Closes without another word.
  func abandon() {
    channel.close(promise: nil)
  }

  private func abandon(after delay: TimeAmount) {
    deadline?.cancel()
    let channel = channel
    deadline = channel.eventLoop.scheduleTask(in: delay) { channel.close(promise: nil) }
  }
}

/// Closes a connection that sends more than a request may have.
private final class ByteLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var left: Int

  init(_ limit: Int) {
    left = limit
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    left -= Self.unwrapInboundIn(data).readableBytes
    guard left >= 0 else {
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(data)
  }
}
