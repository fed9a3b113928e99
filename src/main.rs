//! The thin binary: arguments in, exit code out.

fn main() {
    std::process::exit(portolan::runtime::main(std::env::args_os()));
}
