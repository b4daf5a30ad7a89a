// A bound on what an issuer can send in answer to one request. The HTTP library bounds headers, and
// its user the body; a status line without an end is bounded by nobody.

internal import NIOCore
internal import TokenBroker

/// Counts what comes since the last request went out, and hangs up where it is too much.
final class AnswerLimit: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// A body, and beside it the head and what TLS adds.
  private static let limit = ExchangeAnswer.maximumBody + 256 * 1024

  private var left = AnswerLimit.limit

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    left = Self.limit
    context.write(data, promise: promise)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    left -= Self.unwrapInboundIn(data).readableBytes
    guard left >= 0 else {
      context.fireErrorCaught(NIOTooManyBytesError(maxBytes: Self.limit))
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(data)
  }
}
