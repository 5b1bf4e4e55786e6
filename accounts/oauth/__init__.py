"""OAuth 2.0 and OpenID Connect: apps of other people, let in by a person, with what that person chose."""
