// This target has no code of its own: its one file, InstalledHandlers.swift, is written by the plugin GenerateRegistry at
// every build. It imports the handler of each folder in Plugins/ and lists one instance of each.
