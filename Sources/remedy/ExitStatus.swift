// How the command ends. Scripts switch over these numbers: they are a promise (contract, section 5).

internal import BrokerInterface
internal import JSONRPC
internal import RemedyClient

/// The exit status of `remedy`.
enum ExitStatus: Int32, Sendable {
  case done = 0
  case failed = 1
  case usage = 2
  case interactionRequired = 3
  case accessDenied = 4
  case issuerUnavailable = 5
  case cancelled = 6
  case brokerNotRunning = 7

  /// Of a call that the broker refused.
  init(_ error: RPCError) {
    self =
      switch error.reason {
      case .interactionRequired: .interactionRequired
      case .accessDenied, .unknownProfile: .accessDenied
      case .issuerUnavailable, .rateLimited: .issuerUnavailable
      case .transactionCancelled: .cancelled
      default: error.code == Self.invalidParams ? .usage : .failed
      }
  }

  /// Of a broker that could not be talked to.
  init(_ fault: ConnectionFault) {
    self =
      switch fault {
      case .notRunning, .notReachable, .closed: .brokerNotRunning
      case .unusablePath: .usage
      default: .failed
      }
  }

  init(_ fault: CallFault) {
    self =
      switch fault {
      case .refused(let error): ExitStatus(error)
      case .connection(let fault): ExitStatus(fault)
      }
  }

  /// JSON-RPC's code for parameters that do not fit: an option of ours with a value out of range.
  private static let invalidParams = -32602
}
