// The way back from a browser, by the listener.

public import RedirectListener
public import TokenBroker

extension RedirectServer: RedirectReceiver {}
