// When the process has no descriptor left for the next connection. The socket stays readable, so
// accept would be tried over and over with a whole core; NIO's own `AcceptBackoffHandler` delays
// its reads but stays registered, and was seen to do just that. So the listener is taken out of the
// selector for a moment.

internal import Glibc
internal import NIOCore

/// Pauses accepting where the system has no room for a connection. Who waits meanwhile, waits in
/// the backlog.
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let pause: TimeAmount

  init(_ pause: TimeAmount = .milliseconds(100)) {
    self.pause = pause
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError,
      [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    else {
      context.fireErrorCaught(error)
      return
    }
    let (channel, pause) = (context.channel, pause)
    channel.setOption(.autoRead, value: false).whenSuccess {
      channel.eventLoop.scheduleTask(in: pause) {
        // Fails where the listener was closed meanwhile, which is as well.
        channel.setOption(.autoRead, value: true).whenFailure { _ in }
      }
    }
  }
}
