// What passes between whoever serves a loopback redirect URI and whoever began the sign-in.

/// What became of a callback.
public enum RedirectVerdict: Sendable, Equatable {
  /// It was waited for, and the sign-in goes on.
  case taken
  /// It was waited for, and says that the browser's part failed.
  case takenAsFailure
  /// Its `state` is nobody's: it has no effect.
  case unknownState
  /// It has no effect, for this reason.
  case refused(RedirectFault)
  /// It cannot be judged now; it may come again.
  case undecided
}

/// Why a loopback redirect URI cannot be served.
public enum RedirectObstacle: Error, Sendable, Equatable {
  /// Another program listens at that port.
  case busy(port: Int)
  /// The service may not listen there: ports below 1024 are the machine's.
  case forbidden(port: Int)
  /// The system refuses, with this `errno`.
  case failed(port: Int, errno: Int32)
}
