import FastCGI
import SyncEngine
import SyncKit
import SyncServer
import SyncStore

/// The words of the errors that can end a command.
func sentence(_ error: any Error) -> String {
    switch error {
    case let error as SettingsError: error.message
    case let error as SigningKeyError: error.message
    case let error as KeySetError: error.message
    case let error as RegistryError: error.message
    case let error as ImportError: error.message
    case let error as ListenerError: error.message
    case let error as NoticeError: error.description
    case StoreError.unusable(let message), StoreError.unavailable(let message): message
    default: "The command cannot be carried out: \(error)"
    }
}
