.PHONY: run test screenshots

run: # a server with the examples on http://localhost:8080, and one run of flights_etl
	@xtask/prepare.sh run && cargo xtask demo

test: # everything that has to pass before a change lands
	@xtask/prepare.sh test && cargo xtask test

screenshots: # pictures of every screen in both themes, with what `make run` leaves behind
	@xtask/prepare.sh test && cargo xtask screenshots
