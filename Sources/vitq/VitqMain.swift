import VitqCommandLine

@main
enum VitqMain {
  static func main() { CommandTree<LightCommands>.launch() }
}
