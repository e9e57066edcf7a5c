// swift-tools-version: 6.2
// The targets stand in the order in which a request meets them. Entity handlers are not listed here: every folder
// Plugins/<Name> with a <Name>Handler.swift becomes a target of its own and is put into the registry by itself.

import Foundation
import PackageDescription

// script/fuzz sets FUZZ: our own targets, and nobody else's, then note which of their branches an input takes.
let isFuzzing = Context.environment["FUZZ"] != nil

let settings: [SwiftSetting] =
    [.enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility")]
    + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])
let instrumented: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])] : []

func target(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings + instrumented)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// The names of the folders in Plugins/ that hold a handler, sorted: ["Notes", "SiteBlockers", "Tasks"].
let handlers = try FileManager.default.contentsOfDirectory(atPath: Context.packageDirectory + "/Plugins").sorted().filter {
    FileManager.default.fileExists(atPath: Context.packageDirectory + "/Plugins/\($0)/\($0)Handler.swift")
}
let handlerTargets = handlers.map { target("\($0)Handler", ["SyncKit"], path: "Plugins/\($0)") }

let fuzzTargets: [Target] =
    isFuzzing
    ? [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CLibFuzzer", "CZlib", "FastCGI", "HTTP", "Handlers", "JSON", "Sockets", "SyncEngine", "SyncKit", "SyncServer", "SyncStore",
                "SyncTesting",
                crypto, httpTypes, logging,
            ],
            path: "Tests/Fuzz/Harness", swiftSettings: settings),
    ] : []

let package = Package(
    name: "meelio-sync",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "meelio-sync", targets: ["meelio-sync"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .executableTarget(
            name: "meelio-sync",
            dependencies: [
                "FastCGI", "Handlers", "JSON", "Logs", "SyncServer", crypto, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),

        .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        target("Logs", ["JSON", logging]),
        target("FastCGI", ["CFastCGI", "HTTP", "Sockets", httpTypes, logging]),
        target("Sockets", []),
        target("HTTP", [httpTypes]),

        target(
            "SyncServer",
            [
                "CZlib", "HTTP", "JSON", "Sockets", "SyncEngine", "SyncKit", "SyncStore", coreMetrics, crypto, httpTypes, logging,
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        target("SyncEngine", ["JSON", "SyncKit", "SyncStore", crypto]),
        target("SyncStore", ["CSQLite", "JSON", "SyncKit", coreMetrics, grdb, sqlite]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        target("SyncKit", ["JSON"]),
        target("JSON", ["CSimdJSON"]),
        .target(
            name: "CSimdJSON",
            cxxSettings: isFuzzing ? [.unsafeFlags(["-fsanitize=fuzzer-no-link"])] : [],
            linkerSettings: [.linkedLibrary("simdjson")]),

        .target(
            name: "Handlers", dependencies: ["SyncKit"] + handlers.map { .target(name: "\($0)Handler") },
            swiftSettings: settings, plugins: ["GenerateRegistry"]),
        .plugin(name: "GenerateRegistry", capability: .buildTool, path: "Sources/GenerateRegistry"),

        target("SyncTesting", ["HTTP", "JSON", "Sockets", "SyncEngine", "SyncKit", "SyncServer", "SyncStore", crypto, httpTypes, logging]),

        target(
            "SyncSimulation",
            ["HTTP", "Handlers", "JSON", "SyncEngine", "SyncKit", "SyncServer", "SyncStore", "SyncTesting", crypto, httpTypes, logging]),
        .executableTarget(
            name: "simulate",
            dependencies: ["SyncSimulation", .product(name: "ArgumentParser", package: "swift-argument-parser")], swiftSettings: settings),

        .executableTarget(
            name: "request-cost",
            dependencies: [
                "HTTP", "Handlers", "SyncEngine", "SyncKit", "SyncServer", "SyncStore", "SyncTesting", crypto, httpTypes, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        tests("JSONTests", ["JSON"]),
        tests("HTTPTests", ["HTTP"]),
        tests("LogTests", ["Logs", "SyncTesting", logging]),
        tests("FastCGITests", ["FastCGI", "HTTP", "Sockets", "SyncTesting", httpTypes, logging]),
        tests("SyncKitTests", ["SyncKit"]),
        tests("SyncStoreTests", ["SyncKit", "SyncStore", "SyncTesting", grdb]),
        tests("SyncEngineTests", ["SyncEngine", "SyncKit", "SyncStore"]),
        tests(
            "SyncServerTests",
            [
                "HTTP", "Sockets", "SyncEngine", "SyncKit", "SyncServer", "SyncStore", "SyncTesting", crypto, httpTypes,
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        tests("HandlerTests", ["Handlers", "SyncKit", "SyncTesting"]),
        tests(
            "DocsTests",
            [
                "HTTP", "Handlers", "SyncEngine", "SyncKit", "SyncServer", "SyncStore", "SyncTesting", "meelio-sync", httpTypes,
                .product(name: "Yams", package: "Yams"),
            ]),
        tests("SyncSimulationTests", ["SyncSimulation"]),
        tests(
            "EndToEndTests",
            [
                "FastCGI", "HTTP", "Handlers", "Sockets", "SyncKit", "SyncSimulation", "SyncTesting", "meelio-sync", crypto, httpTypes,
                logging,
            ]),
    ] + handlerTargets + fuzzTargets,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
