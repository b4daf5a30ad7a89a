// What a browser brings back to the redirect URI (protocol reference §7.3), once whoever received it
// has checked its `state`: the flow knows no addresses.

public import IdentityEngine

/// How a detour through a browser ended.
public enum Callback: Sendable, Equatable {
  /// `interaction_code`: all is done, redeem it.
  case code(InteractionCode)
  /// `error=interaction_required`: the browser's part is done, the engine wants more.
  case interactionRequired
  /// `otp`: a link in a mail led to the application; the code answers the challenge that is open.
  case otp(String)
  /// Any other `error`, in the words that came with it.
  case failed(error: String, description: String?)
}
