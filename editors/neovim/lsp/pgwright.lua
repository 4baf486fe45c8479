-- What `vim.lsp.enable('pgwright')` starts, in Neovim 0.11 and later.
return require('pgwright').config()
