import IdentityEngine
import JSON
import TestSupport
import Testing
