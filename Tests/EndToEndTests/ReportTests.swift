import Foundation
import Testing
import VitqImage
import VitqImageCodecs

/// The HTML report, looked at in a browser.
struct ReportTests {
  private static let model = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")
  private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private func report(in folder: TemporaryFolder) throws -> String {
    for arguments in [
      ["convert", Self.model.appendingPathComponent("tiny-vit.h5").path],
      [
        "quantize", "--data-free", "--method", "sardfq", "--images", "3", "--steps", "12",
        "--report", "r.html", "--report-accuracy", Self.model.path,
      ],
    ] {
      let run = try CommandRun(arguments, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    return try String(
      contentsOf: folder.url.appendingPathComponent("r.html"), encoding: .utf8)
  }

  private func browse(_ arguments: [String], in folder: TemporaryFolder) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.browser))
    let profile = folder.url.appendingPathComponent("profile").path
    process.arguments =
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--user-data-dir=\(profile)",
      ] + arguments + ["file://" + folder.url.appendingPathComponent("r.html").path]
    let output = folder.url.appendingPathComponent("dom.html")
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try String(contentsOf: output, encoding: .utf8)
  }

  @Test func holdsEveryPartAndNeedsNothingElse() throws {
    let folder = try TemporaryFolder()
    let text = try report(in: folder)
    for id in ["overview", "accuracy", "images", "losses", "layers", "recipe", "provenance"] {
      #expect(text.contains("<section id=\"\(id)\""), "\(id)")
    }
    #expect(text.components(separatedBy: "data:image/png;base64,").count == 1 + 3 * 3)
    // The recipe 'best' learns nothing by gradients.
    #expect(!text.contains("<section id=\"learning\""))
    #expect(text.contains("196 of 200"))
    #expect(!text.contains("<script") && !text.contains("src=\"http"))
    #expect(text.utf8.count < 2_000_000)
  }

  /// A picture, its prior and its attention for each image of a model of windows too, and the
  /// curves of both stages of its learner.
  @Test func holdsTheAttentionOfWindowsAndTheLossesOfParts() throws {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-swin").path
    for arguments in [
      ["convert", checkpoint, "-o", "swin.vitq"],
      [
        "quantize", "--data-free", "--method", "sardfq", "--learner", "sardfq", "--images", "2",
        "--steps", "2", "--set", "quantization.iterations=2", "--report", "r.html",
      ],
    ] {
      let run = try CommandRun(arguments, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    let text = try String(
      contentsOf: folder.url.appendingPathComponent("r.html"), encoding: .utf8)
    #expect(text.components(separatedBy: "data:image/png;base64,").count == 1 + 2 * 3)
    #expect(text.contains("Attention of the model to image 1"))
    #expect(text.contains("<section id=\"learning\""))
    for stage in 1...2 { #expect(text.contains("Stage \(stage): loss of each part")) }
  }

  @Test(
    .enabled(
      if: browser != nil, "skipped: the report is not looked at without Debian's chromium"))
  func isDrawnByABrowser() throws {
    let folder = try TemporaryFolder()
    _ = try report(in: folder)
    let dom = try browse(["--dump-dom"], in: folder)
    for part in ["Loss curves", "Ranges and errors", "<polyline", "<rect", "quantization:"] {
      #expect(dom.contains(part), "\(part)")
    }
    for scheme in ["0", "1"] {
      let picture = folder.url.appendingPathComponent("shot.png").path
      _ = try browse(
        [
          "--screenshot=\(picture)", "--window-size=1000,2400",
          "--blink-settings=preferredColorScheme=\(scheme)",
        ], in: folder)
      let pixels = try ImageDecoder.decode(ImageFile.read(path: picture)).pixels
      #expect(pixels.width == 1000 && pixels.height == 2400)
      var colors: [UInt32: Int] = [:]
      for start in stride(from: 0, to: pixels.bytes.count, by: 3) {
        let color = pixels.bytes[start..<start + 3].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        colors[color, default: 0] += 1
      }
      // Text, charts and pictures: many colours, and paper is not all there is.
      let paper = try #require(colors.values.max())
      #expect(colors.count > 500)
      #expect(Double(paper) < 0.97 * Double(pixels.width * pixels.height))
      let background = pixels.bytes.prefix(3).reduce(0) { $0 + Int($1) }
      #expect(scheme == "0" ? background < 200 : background > 700)
    }
  }
}
