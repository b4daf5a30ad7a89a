// The table of remediations and actions. Sentences here are read by people twice: on prompts, and
// on the page that is made from them.

extension RemediationRole {
  /// The hosted page's name for an end at which the device has to be put under management first.
  static let deviceEnrollment = "device-enrollment-terminal"

  /// A part of the table, under its heading.
  public struct Section: Sendable {
    /// What the part is called on the page.
    public var heading: String
    /// Its roles, in the order of the page.
    public var roles: [RemediationRole]
  }

  /// The whole table, part by part.
  public static let sections = [
    Section(heading: "Identify and begin", roles: beginning),
    Section(heading: "Choose an authenticator", roles: choosing),
    Section(heading: "Verify", roles: verifying),
    Section(heading: "Device and FastPass", roles: devices),
    Section(heading: "Enroll and change", roles: enrolling),
    Section(heading: "Consent and session", roles: consenting),
    Section(heading: "Redirects", roles: redirects),
    Section(heading: "Actions on other objects", roles: actions),
  ]

  private static let beginning = [
    RemediationRole(
      "identify", "Sign in",
      remark: "Always asked: where e-mail is the only factor, the answer sends a mail."),
    RemediationRole(
      "identify-recovery", "Find your account",
      remark: "Answered once with the identifier that was given before, where there is one."),
    RemediationRole("select-identify", "Back to sign in"),
    RemediationRole(
      "select-enroll-profile", "Sign up", remark: "Taken once in the flow `register`."),
    RemediationRole(
      "unlock-account", "Unlock account",
      remark: "Taken once in the flow `unlock`, where it asks for no identifier."),
    RemediationRole("user-code", "Enter the code of the device"),
    RemediationRole("request-activation-email", "Send a new activation e-mail"),
  ]

  private static let choosing = [
    RemediationRole(
      "select-authenticator-authenticate", "Verify with something else",
      .words("Choose how to verify"),
      remark: "Never chosen for a person: choosing sends the code or the push."),
    RemediationRole(
      "select-authenticator-enroll", "Set up an authenticator",
      .words("Choose what to set up")),
    RemediationRole(
      "select-authenticator-unlock-account", "Unlock with",
      .words("Choose how to unlock your account")),
    RemediationRole(
      "authenticator-verification-data", "Send", .about("Verify with", otherwise: "Verify"),
      remark: "Submitting is what sends the message, call or push, so that a person does it."),
    RemediationRole(
      "authenticator-enrollment-data", "Set up", .about("Set up", otherwise: "Set up")),
    RemediationRole(
      "select-enrollment-channel", "Choose how to set up",
      .about("Set up", otherwise: "Choose how to set up")),
    RemediationRole(
      "enrollment-channel-data", "Where to send the link",
      .about("Set up", otherwise: "Where to send the link")),
    RemediationRole(
      "select-factor", "Verify with something else", .words("Choose how to verify"),
      remark: "An older name of `select-authenticator-authenticate`."),
    RemediationRole("select-authenticator-enroll-data", "Set up an authenticator"),
  ]

  private static let verifying = [
    RemediationRole(
      "challenge-authenticator", "Verify", .about("Verify with", otherwise: "Verify"),
      remark: "An answer of a security key is checked before it is sent."),
    RemediationRole(
      "challenge-poll", "Waiting for your device", .about("Verify with", otherwise: "Verify"),
      .poll,
      remark:
        "The number to compare is in `context.number_challenge`. Where it waits for a program "
        + "on this machine (FastPass, a badge) it is unsupported, and polled all the same."),
    RemediationRole(
      "challenge-webauthn-autofillui-authenticator", "Sign in with a passkey"),
    RemediationRole("launch-passkeys-authenticator", "Sign in with a passkey"),
    RemediationRole("resend", "Send again", .about("Verify with", otherwise: "Send again")),
    RemediationRole(
      "challenge-factor", "Verify", .about("Verify with", otherwise: "Verify"),
      remark: "An older name of `challenge-authenticator`."),
    RemediationRole(
      "poll", "Waiting for the server", .words("The server is busy"), .poll),
  ]

  private static let devices = [
    RemediationRole(
      "device-challenge-poll", "Looking for Okta Verify", .words("Looking for Okta Verify"),
      .unsupported(DeviceChallenge.fastPassAdvice),
      remark:
        "Left once by its `cancel-polling` or `cancel-polling-transaction`; until the engine gives up, it is polled."
    ),
    RemediationRole(
      "launch-authenticator", "Sign in with Okta FastPass", nil,
      .unsupported(DeviceChallenge.fastPassAdvice)),
    RemediationRole(
      "launch-webauthn-authenticator", "Sign in with a passkey",
      remark: "Pressed by a person; what follows is a challenge for a security key."),
    RemediationRole("enroll-webauthn-residentkey", "Keep the passkey on the key"),
    RemediationRole(
      "launch-nfc-authenticator", "Sign in with a badge", nil,
      .unsupported(DeviceChallenge.badgeAdvice)),
    RemediationRole(
      "device-apple-sso-extension", "Sign in with Apple's extension", nil,
      .unsupported(
        "the extension is part of macOS and iOS; exempt this platform from it in the "
          + "authentication policy"),
      remark: "Left once by `cancel-transaction`, where that is offered."),
    RemediationRole(
      "cancel-transaction", "Go on without the extension",
      remark: "Taken once, where nothing else is on offer."),
    RemediationRole(
      "device-assurance-grace-period", "Continue", .words("Your device needs attention")),
    RemediationRole(
      deviceEnrollment, "Set up the device's management", nil,
      .unsupported(
        "the device's management is set up on the device itself; exempt this platform from it in "
          + "the authentication policy"),
      remark: "Not a form: an answer with `deviceEnrollment` ends the sign-in, with this "
        + "warning and the address as its link."),
  ]

  private static let enrolling = [
    RemediationRole("enroll-profile", "Register", .words("Create your account")),
    RemediationRole("profile-update", "Complete your profile"),
    RemediationRole(
      "enroll-authenticator", "Set up", .about("Set up", otherwise: "Set up"),
      remark: "An answer of a security key is checked before it is sent."),
    RemediationRole("enroll-authenticator-promotion", "Add a passkey"),
    RemediationRole(
      "enroll-poll", "Waiting for your device", .about("Set up", otherwise: "Set up"), .poll,
      remark: "The QR code is in `context.qr_code`."),
    RemediationRole(
      "reset-authenticator", "Reset", .about("Choose a new", otherwise: "Reset"),
      remark: "The policy is in `context.password_policy`."),
    RemediationRole(
      "reenroll-authenticator", "Change", .about("Change your", otherwise: "Change"),
      remark: "Shown where a password has expired."),
    RemediationRole(
      "reenroll-authenticator-warning", "Change", .about("Change your", otherwise: "Change"),
      remark: "The days left are in `context.days_to_expiry`; `skip` leaves it for later."),
    RemediationRole(
      "reenroll-custom-password-expiry", "Change elsewhere",
      .about("Change your", otherwise: "Change"),
      remark: "Where to change it is in `context.change_password_at`."),
    RemediationRole(
      "reenroll-custom-password-expiry-warning", "Change elsewhere",
      .about("Change your", otherwise: "Change"),
      remark: "Where to change it is in `context.change_password_at`; `skip` leaves it for later."),
    RemediationRole("skip", "Skip", remark: "Never taken for a person."),
  ]

  private static let consenting = [
    RemediationRole(
      "consent", "Allow access", remark: "Never given for a person. The scopes are in `details`."),
    RemediationRole(
      "admin-consent", "Allow access",
      remark: "Never given for a person. The scopes are in `details`."),
    RemediationRole(
      "granular-consent", "Allow access",
      remark: "Never given for a person: scope by scope, where the engine lets them be chosen."),
    RemediationRole("email-challenge-consent", "Was this you?"),
    RemediationRole(
      "keep-me-signed-in", "Stay signed in",
      remark: "It concerns a browser's session; tokens do not depend on it."),
  ]

  private static let redirects = [
    RemediationRole(
      "redirect-idp", "Sign in with another provider", nil, .browser,
      remark: "Smart cards (`X509`) too, in a browser that has the certificate."),
    RemediationRole(
      "piv-idp", "Sign in with a smart card", nil, .browser,
      remark: "In a browser that has the card's certificate."),
    RemediationRole("redirect-idverify", "Prove your identity", nil, .browser),
    RemediationRole(
      "success-redirect", "Go on in a browser", .words("It goes on in a browser"),
      .unsupported(
        "the engine runs its hosted page, which gives no tokens; give the application the grant "
          + "Interaction Code")),
    RemediationRole(
      "failure-redirect", "Back to the application", .words("The sign-in has failed"),
      .unsupported("the engine has ended the sign-in; its messages and its system log say why")),
  ]

  private static let actions = [
    RemediationRole("cancel", "Cancel", remark: "Not a form: it is `prompt.cancel`."),
    RemediationRole(
      "recover", "Forgot it",
      remark: "Taken once in the flow `recover`, where a password is asked for."),
    RemediationRole("send", "Send"),
    RemediationRole(
      "cancel-polling", "Go on without it", remark: "Taken once for a probe for Okta Verify."),
    RemediationRole(
      "cancel-polling-transaction", "Go on without it",
      remark: "Taken once for a probe for Okta Verify."),
    RemediationRole("context", "Context", remark: "The hosted page's own; left out."),
    RemediationRole("issue", "Tokens", remark: "Redeemed at once; no prompt."),
  ]
}
