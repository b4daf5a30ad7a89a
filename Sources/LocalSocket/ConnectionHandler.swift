// NIO's events, passed on to a `Connection`. The peer is asked for and admitted when the channel
// becomes active: before a byte is read.

internal import CLinux
internal import JSONRPC
internal import NIOCore

/// The only handler of a connection's channel.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let server: SocketServer
  /// `nil` before the peer is admitted, and when it is not.
  private var connection: Connection?

  init(server: SocketServer) {
    self.server = server
  }

  func channelActive(context: ChannelHandlerContext) {
    let descriptor = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { $0 }
    guard let descriptor else {
      context.close(promise: nil)
      return
    }
    let (peer, refusal) = server.admit(descriptor)
    guard let peer, refusal == nil else {
      var output = OutputBuffer(capacity: 1024)
      Reply.failure(refusal ?? server.service.unidentifiedPeer).write(id: nil, into: &output)
      output.append(text: "\n")
      _ = output.send(to: descriptor)
      context.close(promise: nil)
      return
    }
    connection = server.open(peer, channel: context.channel, descriptor: descriptor)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if let connection {
      connection.received(bytes)
    } else {
      bytes.wipe()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    connection?.readCompleted()
  }

  func read(context: ChannelHandlerContext) {
    if connection?.wantsMore ?? false { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed = event as? ChannelEvent { connection?.inputEnded() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let connection { server.forget(connection) }
    connection = nil
  }

  /// The peer is gone or the socket broke: NIO closes the channel, which is all that follows.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
