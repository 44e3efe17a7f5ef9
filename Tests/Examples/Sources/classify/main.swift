import PortablePixmap
import VitqRuntime

// classify MODEL IMAGE.ppm: the three likeliest classes of an image, one line each.
guard CommandLine.arguments.count == 3 else { fatalError("usage: classify MODEL IMAGE.ppm") }
guard let file = PortablePixmap(path: CommandLine.arguments[2]) else {
  fatalError("\(CommandLine.arguments[2]): not a binary PPM file")
}

do {
  let image = try PixelBuffer(rgb: file.rgb.span, width: file.width, height: file.height)
  let model = try Model(CommandLine.arguments[1])
  var session = try Session(model)
  for prediction in try session.classify(image, top: 3) {
    print(prediction.index, prediction.label ?? "")
  }
  print(session.features?.count ?? 0, "features")
} catch {
  print(error.code, error)
}
